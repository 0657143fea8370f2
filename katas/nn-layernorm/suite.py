"""Layer normalisation brings the numbers of the last axes to mean 0 and variance 1, weighs and shifts them.

N is the count of these numbers. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import layer_norm

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Shape of x, and how many of its axes are normalised: one, two, all; square, empty.
SETTINGS = [
    ((3, 4), 1),
    ((2, 3, 5), 2),
    ((2, 3, 5), 1),
    ((4, 4), 1),
    ((3, 3, 3), 2),
    ((6,), 1),
    ((2, 4, 3), 3),
    ((0, 4), 1),
]

EXACT = {"rtol": 1e-10, "atol": 1e-10}
# Weight and bias may be applied in half precision, which rounds once more.
ROOM = {torch.float64: 1e-9, torch.float32: 1e-5, torch.float16: 4e-3, torch.bfloat16: 0.03}
TINY = 1e-30  # an eps that no float64 notices


@pytest.mark.parametrize(("shape", "axes"), SETTINGS, ids=str)
def test_keeps_the_shape(shape, axes):
    """The result has the shape of x."""
    x, inner, weight, bias = drawn(shape, axes)
    assert_shape(layer_norm(x, inner, weight, bias), shape, label="y")


@after("test_keeps_the_shape")
def test_worked_example():
    """The example of the brief comes out as written."""
    x, weight, bias = (
        torch.tensor([5.0, 1, 1, 5]),
        torch.tensor([1.0, 2, 3, 4]),
        torch.tensor([0.0, 1, 0, -1]),
    )
    expected = torch.tensor([1.0, -1, -3, 3]).double()
    y = layer_norm(x=x, normalized_shape=(4,), weight=weight, bias=bias, eps=1e-12)
    assert_close(y, expected, label="y")


@after("test_keeps_the_shape")
@pytest.mark.parametrize(("shape", "axes"), SETTINGS, ids=str)
def test_the_output_is_the_formula(shape, axes):
    """The last axes are normalised together, weighed and shifted; in float64 to the last digits."""
    x, inner, weight, bias = drawn(shape, axes)
    x = 2 * x + 1
    expected = by_hand(x, inner, weight, bias, TINY)
    assert_close(layer_norm(x, inner, weight, bias, TINY), expected, label="y", **EXACT)


@after("test_the_output_is_the_formula")
@pytest.mark.parametrize("missing", ["weight", "bias", "both"])
def test_weight_and_bias_may_be_missing(missing):
    """Without weight nothing is weighed, and without bias nothing is shifted, each on its own."""
    x, inner, weight, bias = drawn((2, 3, 5), 2)
    ones, zeros = torch.ones(inner).double(), torch.zeros(inner).double()
    no_weight, no_bias = missing != "bias", missing != "weight"
    expected = by_hand(x, inner, ones if no_weight else weight, zeros if no_bias else bias, TINY)
    y = layer_norm(x, inner, None if no_weight else weight, None if no_bias else bias, TINY)
    assert_close(y, expected, label="y", **EXACT)


@after("test_the_output_is_the_formula")
@pytest.mark.parametrize("eps", [1e-2, 1e-5, 1e-10])
def test_small_spreads(eps):
    """eps stands under the root: numbers with a spread near its root are scaled as the formula says."""
    x, inner, weight, bias = drawn((3, 4), 1)
    x = math.sqrt(eps) * x
    expected = by_hand(x, inner, weight, bias, eps)
    assert_close(layer_norm(x, inner, weight, bias, eps), expected, label=f"y at eps = {eps}", **EXACT)


@after("test_the_output_is_the_formula")
def test_the_default_eps():
    """Without eps, it is 1e-5."""
    x, inner, weight, bias = drawn((3, 4), 1)
    x = 0.003 * x
    expected = by_hand(x, inner, weight, bias, 1e-5)
    assert_close(layer_norm(x, inner, weight, bias), expected, label="y", **EXACT)


@after("test_the_output_is_the_formula")
def test_equal_numbers():
    """Equal numbers become 0, so that the bias is left, and their gradient is that of the formula.

    Pins: "equal numbers become 0, before weight and bias".
    """
    x, weight, bias = torch.full((2, 4), 0.5).requires_grad_(), torch.randn(4), torch.randn(4)
    worth = torch.randn(2, 4)
    weighed = (weight * worth).double()
    by_x = (weighed - weighed.mean(dim=1, keepdim=True)) / 0.1  # the root of eps
    expected = bias.double().expand(2, 4)
    y = layer_norm(x, (4,), weight, bias, 0.01)
    assert_close(y, expected, label="y")
    (y * worth).sum().backward()
    assert_close(x.grad, by_x, label="gradient of x", atol=1e-4)


@after("test_the_output_is_the_formula")
def test_large_means():
    """float32 numbers near 10000 that differ by 1 come out right to 1 %."""
    x = torch.stack([10000.0 + torch.randperm(16) % 4 for _ in range(5)])
    expected = by_hand(x, (16,), torch.ones(16), torch.zeros(16), 1e-5)
    assert_close(layer_norm(x, (16,), None, None), expected, label="y", rtol=0.01, atol=0.01)


@after("test_keeps_the_shape")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_the_dtype_stays(dtype):
    """The result has the dtype of x, with weight and bias of that dtype and of float32, and its precision."""
    x, weight, bias = torch.randn(3, 64).to(dtype), torch.rand(64).to(dtype), torch.rand(64).to(dtype)
    expected = by_hand(x, (64,), weight, bias, 1e-5)
    for to in (dtype, torch.promote_types(dtype, torch.float32)):
        y = layer_norm(x, (64,), weight.to(to), bias.to(to))
        assert_close(
            y, expected, label=f"y with a weight of {to}", dtype=dtype, rtol=ROOM[dtype], atol=ROOM[dtype]
        )


@after("test_the_dtype_stays")
@pytest.mark.parametrize("size", [1000.0, 30000.0])
def test_large_numbers_in_float16(size):
    """float16 numbers up to 60000, whose squares float16 does not hold, are normalised as all others."""
    x = (size * torch.linspace(-2, 2, 32)[torch.randperm(32)]).half().view(4, 8)
    expected = by_hand(x, (8,), torch.ones(8), torch.zeros(8), 1e-5)
    assert_close(layer_norm(x, (8,), None, None), expected, label="y", dtype=torch.float16)


@after("test_the_output_is_the_formula")
def test_leading_places_do_not_see_each_other():
    """An example alone gives what it gives among others.

    Pins: "each place in the leading axes has its own".
    """
    x, inner, weight, bias = drawn((4, 3, 5), 2)
    together = layer_norm(x, inner, weight, bias)
    alone = torch.stack([layer_norm(example, inner, weight, bias) for example in x])
    assert_close(together, alone, label="y")


@after("test_the_output_is_the_formula")
@pytest.mark.parametrize(("shape", "axes"), SETTINGS[:3], ids=str)
def test_the_gradients(shape, axes):
    """x, also through mean and variance, weight and bias receive the gradients of the formula."""
    x, inner, weight, bias = drawn(shape, axes)
    worth, leaves = torch.randn(shape).double(), [v.clone().requires_grad_() for v in (x, weight, bias)]
    expected = torch.autograd.grad((formula(*leaves, axes) * worth).sum(), leaves)
    leaves = [value.clone().requires_grad_() for value in (x, weight, bias)]
    (layer_norm(leaves[0], inner, leaves[1], leaves[2], TINY) * worth).sum().backward()
    for leaf, gradient, name in zip(leaves, expected, ("x", "weight", "bias"), strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}")


@after("test_the_output_is_the_formula")
def test_arguments_may_be_non_contiguous():
    """x may have any memory layout.

    Pins: "in any memory layout".
    """
    x, inner, weight, bias = drawn((3, 4, 5), 2)
    expected = by_hand(x, inner, weight, bias, TINY)
    x, weight = x.mT.contiguous().mT, weight.T.contiguous().T
    assert_close(layer_norm(x, inner, weight, bias, TINY), expected, label="y", **EXACT)


@after("test_keeps_the_shape")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    x, inner, weight, bias = drawn((3, 4, 5), 2)
    expected = by_hand(x, inner, weight, bias, TINY)
    with unchanged(x, weight, bias), rng_unchanged():
        answers = [layer_norm(x, inner, weight, bias, TINY) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y", **EXACT)


def drawn(shape, axes):
    """x, the shape of its last axes, and a weight and a bias of that shape, in float64."""
    inner = shape[len(shape) - axes :]
    return torch.randn(shape).double(), inner, torch.randn(inner).double(), torch.randn(inner).double()


def by_hand(x, inner, weight, bias, eps):
    """The formula in plain floats, one example after the other."""
    weights, shifts = (values.double().flatten().tolist() for values in (weight, bias))
    rows = []
    for row in x.double().reshape(-1, math.prod(inner)).tolist():
        mean = math.fsum(row) / len(row)
        spread = math.sqrt(math.fsum((number - mean) ** 2 for number in row) / len(row) + eps)
        rows.append([(n - mean) / spread * w + b for n, w, b in zip(row, weights, shifts, strict=True)])
    return torch.tensor(rows, dtype=torch.float64).reshape(x.shape)


def formula(x, weight, bias, axes):
    """The formula for autograd, where the last axes are one and sums are divided by hand."""
    rows = x.flatten(x.dim() - axes)  # (..., N)
    count = rows.shape[-1]
    rows = rows - rows.sum(-1, keepdim=True) / count
    rows = rows / ((rows**2).sum(-1, keepdim=True) / count) ** 0.5
    return rows.reshape(x.shape) * weight + bias
