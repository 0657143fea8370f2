"""Tiles give what attention gives, for any block, causal or not, within the memory.

Letters: batch B, heads H, queries L, keys S, widths D and D'. Expected values are attention row by row in
plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import flash_attention

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# B, H, L, S, D, D': all different, L = S, L > S, one query, one key, L = D, all one.
SIZES = [
    (2, 3, 7, 5, 4, 6),
    (1, 2, 6, 6, 3, 3),
    (2, 1, 3, 8, 5, 2),
    (1, 1, 1, 7, 2, 3),
    (2, 2, 5, 1, 3, 4),
    (1, 2, 4, 4, 4, 1),
    (1, 1, 1, 1, 1, 1),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_shape_and_dtype(sizes, dtype):
    """The result is (B, H, L, D'), of the dtype of q."""
    q, k, v = (tensor.to(dtype) for tensor in drawn(*sizes))
    y = flash_attention(q, k, v, 3)
    assert_shape(y, (*q.shape[:3], v.shape[3]), label="output")
    assert y.dtype == dtype, f"q of {dtype} gives {dtype}, got {y.dtype}"


@after("test_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written, for blocks of 1, 2 and 3."""
    q, v = torch.tensor([[[[1.0]]]]), torch.tensor([[[[8.0], [4.0], [2.0]]]])
    k = torch.tensor([[[[0.0], [math.log(2)], [math.log(5)]]]])
    for block in (2, 1, 3):
        y = flash_attention(q, k, v, block)
        assert_close(y, torch.tensor([[[[3.25]]]], dtype=torch.float64), label=f"output, block {block}")


@after("test_shape_and_dtype")
@pytest.mark.parametrize("block", [100, 1, 2, 3])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_tiles_give_attention(sizes, block):
    """For any block, dividing the lengths or not, the output is that of attention."""
    q, k, v = drawn(*sizes)
    expected = by_hand(q, k, v, causal=False)
    assert_close(flash_attention(q, k, v, block), expected, label="output", rtol=1e-9, atol=1e-10)


@after("test_tiles_give_attention")
@pytest.mark.parametrize("block", [100, 1, 2, 3])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_causal_tiles(sizes, block):
    """Query i sees the keys up to i + S - L; where it sees none, its row is 0."""
    q, k, v = drawn(*sizes)
    expected = by_hand(q, k, v, causal=True)
    y = flash_attention(q, k, v, block, causal=True)
    assert_close(y, expected, label="causal output", rtol=1e-9, atol=1e-10)


@after("test_tiles_give_attention")
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("order", [1, -1], ids=["rising", "falling"])
def test_scores_near_a_thousand(order, causal):
    """Scores near 1000 for one query and 0 for another do not overflow or vanish, whichever block leads."""
    q, k, v = scored([1.0, 0.0, 0.5], 1000, order)
    expected = by_hand(q, k, v, causal)
    y = flash_attention(q.float(), k.float(), v.float(), 2, causal)
    assert_close(y, expected, label="output", rtol=1e-3, atol=1e-3)


@after("test_tiles_give_attention")
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("order", [1, -1], ids=["rising", "falling"])
def test_scores_far_below_zero(order, causal):
    """Scores that are all far below 0 do not vanish, whichever block leads."""
    q, k, v = scored([1.0, 0.5, 0.8], -1000, order)
    expected = by_hand(q, k, v, causal)
    y = flash_attention(q.float(), k.float(), v.float(), 2, causal)
    assert_close(y, expected, label="output", rtol=1e-3, atol=1e-3)


@after("test_tiles_give_attention")
def test_long_texts_fit_into_memory():
    """6,500 queries and keys need no table of all scores."""
    q, k, v = (torch.randn(1, 1, 6500, 8) for _ in range(3))
    some = [0, 777, 6499]
    expected = by_hand(q[:, :, some], k, v, causal=False)
    y = flash_attention(q, k, v, 500)
    assert_shape(y, (1, 1, 6500, 8), label="output")
    assert_close(y[:, :, some], expected, label="some rows of the output", rtol=1e-3, atol=1e-4)


@after("test_tiles_give_attention")
def test_defaults():
    """Without further arguments blocks are of 64 and nothing is hidden.

    Pins: "block=64, causal=False".
    """
    q, k, v = drawn(1, 1, 66, 70, 2, 3)
    expected = by_hand(q, k, v, causal=False)
    assert_close(flash_attention(q, k, v), expected, label="output", rtol=1e-9, atol=1e-10)


@after("test_causal_tiles")
@pytest.mark.parametrize("sizes", [(1, 2, 4, 5, 3, 2), (1, 2, 5, 3, 2, 4)], ids=str)
def test_the_gradients(sizes):
    """Gradients flow to q, k and v, rows that see nothing included."""
    q, k, v = drawn(*sizes)
    queries, keys = q.shape[2], k.shape[2]
    seen = torch.arange(keys) <= torch.arange(queries).unsqueeze(1) + keys - queries
    worth = torch.randn(*q.shape[:3], v.shape[3]).double() * seen.any(dim=1).unsqueeze(1)
    learned = [tensor.clone().requires_grad_() for tensor in (q, k, v)]
    scores = learned[0] @ learned[1].mT / math.sqrt(q.shape[3])
    right = torch.softmax(scores.masked_fill(~seen, -1e300), dim=3) @ learned[2]
    expected = torch.autograd.grad((right * worth).sum(), learned)
    leaves = [tensor.clone().requires_grad_() for tensor in (q, k, v)]
    (flash_attention(*leaves, 2, True) * worth).sum().backward()
    for name, leaf, gradient in zip("qkv", leaves, expected, strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-8, atol=1e-9)


@after("test_shape_and_dtype")
def test_nothing_else_happens():
    """The arguments may have any memory layout and stay as they were; no random number is drawn."""
    q, k, v = (tensor.mT.contiguous().mT for tensor in drawn(2, 3, 4, 5, 3, 2))
    expected = by_hand(q, k, v, causal=False)
    with unchanged(q, k, v), rng_unchanged():
        answers = [flash_attention(q, k, v, 2) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="output", rtol=1e-9, atol=1e-10)


def drawn(batch, heads, queries, keys, width, out):
    """q, k and v, in float64, with scores that differ."""
    q, k = torch.randn(batch, heads, queries, width), torch.randn(batch, heads, keys, width)
    return 2 * q.double(), k.double(), torch.randn(batch, heads, keys, out).double() + 1


def scored(queries, place, order):
    """q, k and v with the scores *place* times each query, five keys that rise or fall."""
    k = place + order * torch.arange(5.0).double()
    q = torch.tensor(queries, dtype=torch.float64).reshape(1, 1, -1, 1)
    return q, k.reshape(1, 1, 5, 1), torch.randn(1, 1, 5, 2).double()


def by_hand(q, k, v, causal):
    """Attention row by row, in float64; a row that sees nothing is 0."""
    queries, keys = q.shape[2], k.shape[2]
    y = torch.zeros(*q.shape[:3], v.shape[3], dtype=torch.float64)
    for i in range(queries):
        last = min(keys, i + keys - queries + 1) if causal else keys
        if last > 0:
            scores = (q[:, :, i : i + 1].double() * k[:, :, :last].double()).sum(dim=3) / math.sqrt(
                q.shape[3]
            )
            powers = torch.exp(scores - scores.amax(dim=2, keepdim=True)).unsqueeze(3)
            y[:, :, i] = (powers * v[:, :, :last].double()).sum(dim=2) / powers.sum(dim=2)
    return y
