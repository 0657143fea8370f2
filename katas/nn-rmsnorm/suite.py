"""RMSNorm divides each vector by the root of the mean of its squares plus eps, and weighs its numbers.

D is the width of the vectors. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import rms_norm

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# No leading axis, one, several, as many vectors as numbers, one number, no vector.
SHAPES = [(6,), (3, 4), (2, 3, 5), (5, 5), (4, 1), (0, 3), (2, 1, 3, 2)]

EXACT = {"rtol": 1e-10, "atol": 1e-10}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_keeps_the_shape(shape):
    """The result has the shape of x, for any leading axes."""
    assert_shape(rms_norm(torch.randn(shape), torch.randn(shape[-1])), shape, label="y")


@after("test_keeps_the_shape")
def test_worked_example():
    """The example of the brief comes out as written."""
    x, weight = torch.tensor([1.0, -7, 5, 5]), torch.tensor([1.0, 2, 3, 0.5])
    expected = torch.tensor([0.2, -2.8, 3, 0.5]).double()
    assert_close(rms_norm(x=x, weight=weight, eps=0.0), expected, label="y")


@after("test_keeps_the_shape")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_output_is_the_formula(shape):
    """Each vector is divided by its root mean square and weighed; in float64 to its last digits."""
    x, weight = 3 * torch.randn(shape).double(), torch.randn(shape[-1]).double()
    expected = by_hand(x, weight, 0.0)
    assert_close(rms_norm(x, weight, 0.0), expected, label="y", **EXACT)


@after("test_the_output_is_the_formula")
def test_the_default_eps():
    """Without eps, it is 1e-6."""
    x, weight = 1e-3 * torch.randn(3, 4).double(), torch.randn(4).double()
    expected = by_hand(x, weight, 1e-6)
    assert_close(rms_norm(x, weight), expected, label="y", **EXACT)


@after("test_the_output_is_the_formula")
@pytest.mark.parametrize("eps", [1e-2, 1e-5, 1e-12])
def test_small_vectors(eps):
    """eps stands under the root: vectors near its root are scaled as the formula says, whatever eps is."""
    x, weight = math.sqrt(eps) * torch.randn(3, 4).double(), torch.randn(4).double()
    expected = by_hand(x, weight, eps)
    assert_close(rms_norm(x, weight, eps), expected, label=f"y at eps = {eps}", **EXACT)


@after("test_the_output_is_the_formula")
def test_zeros_stay_zeros():
    """Vectors of zeros stay zeros, and their gradient is that of the formula.

    Pins: "zeros stay zeros, also with gradients".
    """
    x, weight, worth = torch.zeros(2, 3).requires_grad_(), torch.randn(3), torch.randn(2, 3)
    expected = 100 * (weight * worth).double()  # one over the root of eps
    y = rms_norm(x, weight, 1e-4)
    assert_close(y, torch.zeros(2, 3).double(), label="y")
    (y * worth).sum().backward()
    assert_close(x.grad, expected, label="gradient of x at 0", atol=1e-3)


@after("test_the_output_is_the_formula")
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_without_eps_the_size_does_not_matter(factor):
    """With eps=0 a vector that is a million times larger or smaller gives the same result.

    Pins: "With `eps=0` the size of a vector does not matter at all.".
    """
    x, weight = torch.randn(3, 4).double(), torch.randn(4).double()
    expected = by_hand(x, weight, 0.0)
    assert_close(rms_norm(factor * x, weight, 0.0), expected, label="y", **EXACT)


@after("test_the_output_is_the_formula")
def test_each_vector_is_normalised_on_its_own():
    """Vectors do not see each other: one changed vector changes its own result alone.

    Pins: "Each vector** along the last axis is normalised on its own.".
    """
    x, weight = torch.randn(2, 3, 4).double(), torch.randn(4).double()
    changed = x.clone()
    changed[1, 0] = 100.0
    before, now = rms_norm(x, weight), rms_norm(changed, weight)
    now[1, 0] = before[1, 0]
    assert_close(now, before.double(), label="y of the other vectors", **EXACT)


@after("test_keeps_the_shape")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_the_dtype_stays(dtype):
    """The result has the dtype of x, and is as precise as that allows."""
    x, weight = torch.randn(3, 64).to(dtype), (1 + torch.rand(64)).to(dtype)
    expected = by_hand(x, weight, 0.0)
    assert_close(rms_norm(x, weight, 0.0), expected, label="y", dtype=dtype)


@after("test_the_dtype_stays")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_a_float32_weight(dtype):
    """With a float32 weight the result still has the dtype of x."""
    x, weight = torch.randn(3, 8).to(dtype), 1 + torch.rand(8)
    expected = by_hand(x, weight, 0.0)
    assert_close(rms_norm(x, weight, 0.0), expected, label="y", dtype=dtype)


@after("test_the_dtype_stays")
@pytest.mark.parametrize("size", [300.0, 30000.0])
def test_large_numbers_in_float16(size):
    """float16 numbers up to 60000, whose squares float16 does not hold, are normalised as all others."""
    x = (size * (1 + torch.rand(3, 8))).half()
    expected = by_hand(x, torch.ones(8), 1e-6)
    assert_close(rms_norm(x, torch.ones(8).half()), expected, label="y", dtype=torch.float16)


@after("test_the_output_is_the_formula")
@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 5)], ids=str)
def test_the_gradients(shape):
    """x, also through the RMS, and weight receive the gradients of the formula."""
    x, weight, worth = (
        torch.randn(shape).double(),
        torch.randn(shape[-1]).double(),
        torch.randn(shape).double(),
    )
    leaves = [x.clone().requires_grad_(), weight.clone().requires_grad_()]
    lengths = (leaves[0] ** 2).sum(-1, keepdim=True) / shape[-1]
    expected = torch.autograd.grad((leaves[0] * leaves[1] / lengths**0.5 * worth).sum(), leaves)
    x.requires_grad_(), weight.requires_grad_()
    (rms_norm(x, weight, 0.0) * worth).sum().backward()
    for leaf, gradient, name in zip((x, weight), expected, ("x", "weight"), strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}")


@after("test_the_output_is_the_formula")
def test_arguments_may_be_non_contiguous():
    """x may have any memory layout.

    Pins: "in any memory layout".
    """
    x, weight = torch.randn(4, 6).double()[:, ::2].T, torch.randn(8).double()[::2]  # (3, 4), (4,)
    expected = by_hand(x, weight, 1e-6)
    assert_close(rms_norm(x, weight), expected, label="y", **EXACT)


@after("test_keeps_the_shape")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    x, weight = torch.randn(3, 4), torch.randn(4)
    expected = by_hand(x, weight, 1e-6)
    with unchanged(x, weight), rng_unchanged():
        answers = [rms_norm(x, weight) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y")


def by_hand(x, weight, eps):
    """The formula in plain floats, vector by vector."""
    weights, rows = weight.double().tolist(), []
    for row in x.double().reshape(-1, x.shape[-1]).tolist():
        rms = math.sqrt(math.fsum(number * number for number in row) / len(row) + eps)
        rows.append([number / rms * w for number, w in zip(row, weights, strict=True)])
    return torch.tensor(rows, dtype=torch.float64).reshape(x.shape)
