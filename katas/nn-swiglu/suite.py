"""SwiGLU multiplies an activated gate branch with an up branch and maps the product back.

Letters: width D, inner width F. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import swiglu

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Shape of x, F: wider and narrower inside, and square; no leading axis, several, an empty one.
SETTINGS = [((3, 4), 6), ((2, 3, 5), 2), ((4, 4), 4), ((5,), 7), ((2, 1, 3, 2), 3), ((0, 3), 5)]


@pytest.mark.parametrize(("shape", "inner"), SETTINGS, ids=str)
def test_the_shape_is_that_of_x(shape, inner):
    """The result has the shape of x, for any leading axes."""
    x, *weights = drawn(shape, inner)
    assert_shape(swiglu(x, *weights), shape, label="y")


@after("test_the_shape_is_that_of_x")
def test_worked_example():
    """The example of the brief comes out as written."""
    gate, up = torch.tensor([[0.0], [math.log(3)]]), torch.tensor([[5.0], [4.0]])
    y = swiglu(torch.tensor([1.0]), gate, up, torch.tensor([[1.0, 1.0]]))
    assert_close(y, torch.tensor([3.295837]).double(), label="y", atol=1e-5)


@after("test_the_shape_is_that_of_x")
@pytest.mark.parametrize(("shape", "inner"), SETTINGS, ids=str)
def test_the_output_is_the_formula(shape, inner):
    """The output is the activated gate times up, mapped back; in float64 to its last digits."""
    x, *weights = drawn(shape, inner)
    expected = by_hand(x, *weights)
    assert_close(swiglu(x, *weights), expected, label="y", rtol=1e-10, atol=1e-10)


@after("test_the_output_is_the_formula")
@pytest.mark.parametrize("size", [30.0, 1000.0])
def test_gates_far_from_zero(size):
    """Gates of 1000 and -1000 give the gate and 0, and nothing becomes NaN.

    Pins: "far above it is the gate itself; nothing becomes NaN".
    """
    x, up = torch.tensor([[size], [-size]]), torch.tensor([[0.5]])
    expected = torch.tensor([[size * 0.5 * size], [0.0]]).double()
    leaf = x.clone().requires_grad_()
    y = swiglu(leaf, torch.ones(1, 1), up, torch.ones(1, 1))
    assert_close(y, expected, label="y", atol=1e-3)
    y.sum().backward()
    assert_close(leaf.grad, torch.tensor([[size], [0.0]]).double(), label="gradient of x", atol=1e-3)


@after("test_the_output_is_the_formula")
@pytest.mark.parametrize(("shape", "inner"), SETTINGS[:3], ids=str)
def test_the_gradients(shape, inner):
    """x and the three weights receive the gradients of the formula."""
    values, worth = drawn(shape, inner), torch.randn(shape).double()
    leaves = [value.clone().requires_grad_() for value in values]
    expected = torch.autograd.grad((formula(*leaves) * worth).sum(), leaves)
    leaves = [value.clone().requires_grad_() for value in values]
    (swiglu(*leaves) * worth).sum().backward()
    for leaf, gradient, name in zip(leaves, expected, ("x", "w_gate", "w_up", "w_down"), strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}")


@after("test_the_output_is_the_formula")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_the_dtype_stays(dtype):
    """The result has the dtype of x.

    Pins: "of the dtype of `x`".
    """
    x, *weights = (value.to(dtype) for value in drawn((3, 4), 6))
    expected = by_hand(x, *weights)
    room = {torch.float32: 1e-5, torch.bfloat16: 0.15, torch.float16: 0.02}[dtype]
    assert_close(swiglu(x, *weights), expected, label="y", dtype=dtype, rtol=room, atol=room)


@after("test_the_output_is_the_formula")
def test_arguments_may_be_non_contiguous():
    """All arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, *weights = (value.T.contiguous().T for value in drawn((5, 4), 6))
    expected = by_hand(x, *weights)
    assert_close(swiglu(x, *weights), expected, label="y", rtol=1e-10, atol=1e-10)


@after("test_the_shape_is_that_of_x")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    x, *weights = drawn((5, 4), 6)
    expected = by_hand(x, *weights)
    with unchanged(x, *weights), rng_unchanged():
        answers = [swiglu(x, *weights) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y", rtol=1e-10, atol=1e-10)


def drawn(shape, inner):
    """x and the three weights, in float64."""
    width = shape[-1]
    shapes = [shape, (inner, width), (inner, width), (width, inner)]
    return [torch.randn(each).double() for each in shapes]


def by_hand(x, w_gate, w_up, w_down):
    """The formula in plain floats, number by number."""
    rows = []
    for row in x.double().reshape(-1, x.shape[-1]).tolist():
        gates, ups = ([dot(row, weight) for weight in w.double().tolist()] for w in (w_gate, w_up))
        inner = [gate / (1 + math.exp(-gate)) * up for gate, up in zip(gates, ups, strict=True)]
        rows.append([dot(inner, weight) for weight in w_down.double().tolist()])
    return torch.tensor(rows, dtype=torch.float64).reshape(x.shape)


def dot(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def formula(x, w_gate, w_up, w_down):
    """The formula for autograd, written with exp."""
    gate = torch.einsum("...d,fd->...f", x, w_gate)
    up = torch.einsum("...d,fd->...f", x, w_up)
    return torch.einsum("...f,df->...d", gate / (1 + torch.exp(-gate)) * up, w_down)
