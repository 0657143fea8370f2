"""Rotary embedding turns pair i of a token at position m by the angle m base^(-2i/D), in one of two layouts.

Letters: batch B, heads H, tokens T, width D. Expected values are products of Python's complex numbers,
computed before the call.
"""

import cmath

import pytest
import torch
from submission import apply_rope

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# B, H, T, D and the base: all different, all alike, one pair, one head, no token.
SETTINGS = [
    ((2, 3, 5, 8), 10000.0),
    ((4, 4, 4, 4), 500.0),
    ((1, 3, 4, 2), 10000.0),
    ((3, 1, 2, 6), 500000.0),
    ((2, 3, 0, 4), 10000.0),
]

LAYOUTS = pytest.mark.parametrize("interleaved", [False, True], ids=["halves", "neighbours"])
EXACT = {"rtol": 1e-9, "atol": 1e-9}


@LAYOUTS
def test_keeps_the_shape(interleaved):
    """The result has the shape of x."""
    y = apply_rope(torch.randn(2, 3, 5, 8), torch.arange(5), interleaved=interleaved)
    assert_shape(y, (2, 3, 5, 8), label="y")


@after("test_keeps_the_shape")
@LAYOUTS
def test_worked_example(interleaved):
    """The example of the brief comes out as written, in both layouts."""
    halves, neighbours = [-0.416147, 1.960133, 0.909297, 0.397339], [-2.234742, 0.077004, 0, 0]
    expected = torch.tensor(neighbours if interleaved else halves).double().view(1, 1, 1, 4)
    x, positions = torch.tensor([1.0, 2, 0, 0]).view(1, 1, 1, 4), torch.tensor([2])
    y = apply_rope(x=x, positions=positions, base=100.0, interleaved=interleaved)
    assert_close(y, expected, label="y", atol=1e-5)


@after("test_keeps_the_shape")
@LAYOUTS
@pytest.mark.parametrize(("shape", "base"), SETTINGS, ids=str)
def test_each_pair_is_turned(shape, base, interleaved):
    """Each pair is turned by the angle of the definition; in float64 to the last digits."""
    x, positions = torch.randn(shape).double(), torch.randperm(50)[: shape[2]]
    expected = by_hand(x, positions, base, interleaved)
    assert_close(apply_rope(x, positions, base, interleaved), expected, label="y", **EXACT)


@after("test_each_pair_is_turned")
def test_the_defaults():
    """Without base it is 10000, and without a layout pairs are made of the halves."""
    x, positions = torch.randn(2, 3, 5, 8).double(), torch.arange(5)
    expected = by_hand(x, positions, 10000.0, False)
    assert_close(apply_rope(x, positions), expected, label="y", **EXACT)


@after("test_each_pair_is_turned")
@LAYOUTS
@pytest.mark.parametrize("shape", [(2, 3, 5, 8), (3, 3, 4, 6), (4, 4, 4, 4)], ids=str)
def test_each_sequence_has_its_own_positions(shape, interleaved):
    """Positions (B, T) give each sequence its own, shared by all heads, be H and B equal or not."""
    x, positions = torch.randn(shape).double(), torch.randperm(60)[: shape[0] * shape[2]].view(shape[0], -1)
    expected = by_hand(x, positions, 10000.0, interleaved)
    assert_close(apply_rope(x, positions, interleaved=interleaved), expected, label="y", **EXACT)


@after("test_keeps_the_shape")
@LAYOUTS
def test_position_0_changes_nothing(interleaved):
    """At position 0 x comes back as it was."""
    x = torch.randn(2, 3, 5, 8).double()
    expected = x.clone()
    y = apply_rope(x, torch.zeros(5, dtype=torch.int64), interleaved=interleaved)
    assert_close(y, expected, label="y", **EXACT)


@after("test_each_pair_is_turned")
@LAYOUTS
def test_dot_products_depend_on_distances(interleaved):
    """Queries and keys that both move by 1000 positions have the same dot products as before.

    Pins: "depends on how far apart the two are".
    """
    queries, keys, positions = (
        torch.randn(2, 3, 5, 8).double(),
        torch.randn(2, 3, 5, 8).double(),
        torch.arange(5),
    )
    near, far = (
        apply_rope(queries, positions + shift, interleaved=interleaved)
        @ apply_rope(keys, positions + shift, interleaved=interleaved).mT
        for shift in (0, 1000)
    )
    assert_close(near, far, label="dot products", **EXACT)


@after("test_each_pair_is_turned")
@LAYOUTS
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_large_positions_in_half_precision(dtype, interleaved):
    """Half-precision vectors are turned by angles in float32: positions from 257 on are right."""
    x, positions = torch.randn(2, 3, 6, 8).to(dtype), torch.tensor([257, 259, 1001, 2047, 2049, 4093])
    expected = by_hand(x, positions, 10000.0, interleaved)
    y = apply_rope(x, positions, interleaved=interleaved)
    assert_close(y, expected, label="y", rtol=0.03, atol=0.03)


@after("test_each_pair_is_turned")
@LAYOUTS
def test_large_positions_in_float32(interleaved):
    """float32 is right to three digits at position 4093."""
    x, positions = torch.randn(2, 3, 2, 8), torch.tensor([4093, 3001])
    expected = by_hand(x, positions, 10000.0, interleaved)
    y = apply_rope(x, positions, interleaved=interleaved)
    assert_close(y, expected, label="y", dtype=torch.float32, rtol=2e-3, atol=4e-3)


@after("test_keeps_the_shape")
@LAYOUTS
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_the_dtype_stays(dtype, interleaved):
    """The result has the dtype of x."""
    x, positions = torch.randn(2, 3, 5, 8).to(dtype), torch.arange(5)
    expected = by_hand(x, positions, 10000.0, interleaved)
    y = apply_rope(x, positions, interleaved=interleaved)
    assert_close(y, expected, label="y", dtype=dtype)


@after("test_each_pair_is_turned")
@LAYOUTS
def test_the_gradient(interleaved):
    """x receives the gradient of the definition: what arrives, turned back."""
    x, worth = torch.randn(2, 3, 5, 8).double().requires_grad_(), torch.randn(2, 3, 5, 8).double()
    positions = torch.randperm(20)[:5]
    expected = by_hand(worth, -positions, 10000.0, interleaved)
    (apply_rope(x, positions, interleaved=interleaved) * worth).sum().backward()
    assert x.grad is not None, "no gradient reaches x"
    assert_close(x.grad, expected, label="gradient of x")


@after("test_each_pair_is_turned")
@LAYOUTS
def test_x_may_be_non_contiguous(interleaved):
    """x may have any memory layout, such as that of a split into heads.

    Pins: "in any memory layout".
    """
    x, positions = torch.randn(2, 5, 3, 8).double().transpose(1, 2), torch.arange(10)[::2]
    expected = by_hand(x, positions, 10000.0, interleaved)
    assert_close(apply_rope(x, positions, interleaved=interleaved), expected, label="y", **EXACT)


@after("test_each_pair_is_turned")
@LAYOUTS
def test_nothing_else_happens(interleaved):
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    x, positions = torch.randn(2, 3, 5, 8), torch.randperm(9)[:5]
    expected = by_hand(x, positions, 10000.0, interleaved)
    with unchanged(x, positions), rng_unchanged():
        answers = [apply_rope(x, positions, interleaved=interleaved) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y")


def by_hand(x, positions, base, interleaved):
    """Pair by pair: a complex number times e^(i angle)."""
    batch, heads, _, width = x.shape
    turned, half = x.detach().double().clone(), width // 2
    for b in range(batch):
        row = positions if positions.dim() == 1 else positions[b]
        for t, position in enumerate(row.tolist()):
            for i in range(half):
                places = [2 * i, 2 * i + 1] if interleaved else [i, i + half]
                turn = cmath.exp(1j * position * base ** (-2 * i / width))
                points = [complex(*pair) * turn for pair in turned[b, :, t, places].tolist()]
                numbers = [[point.real, point.imag] for point in points]
                turned[b, :, t, places] = torch.tensor(numbers, dtype=torch.float64).view(heads, 2)
    return turned
