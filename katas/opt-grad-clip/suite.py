"""Clipping scales all gradients by one factor, in place, and returns their common norm before.

Expected values are sums over plain floats, computed before the call.
"""

import pytest
import torch
from submission import clip_grad_norm_
from torch import nn

from ml_katas.testing import after, assert_close, rng_unchanged

SHAPES = [(3,), (2, 4), (), (5, 1, 2)]


def test_returns_a_float():
    """The norm is returned as a float."""
    norm = clip_grad_norm_(parameters([torch.ones(3)]), 1.0)
    assert isinstance(norm, float), f"expected a float, got a {type(norm).__name__}"


@after("test_returns_a_float")
def test_worked_example():
    """The example of the brief comes out as written."""
    params = parameters([torch.tensor([3.0]), torch.tensor([0.0, 4.0])])
    assert_close(torch.tensor(clip_grad_norm_(params, 1.0)), torch.tensor(5.0).double(), label="norm")
    assert_close(params[0].grad, torch.tensor([0.6]).double(), label="first gradient")
    assert_close(params[1].grad, torch.tensor([0.0, 0.8]).double(), label="second gradient")


@after("test_returns_a_float")
@pytest.mark.parametrize("max_norm", [0.1, 1.0, 3.0, 1000.0])
def test_the_norm_before_is_returned(max_norm):
    """What is returned is the norm of all gradients together, before clipping."""
    grads = [torch.randn(shape).double() for shape in SHAPES]
    expected = torch.tensor(norm_by_hand(grads), dtype=torch.float64)
    norm = clip_grad_norm_(parameters(grads), max_norm)
    assert_close(torch.tensor(norm, dtype=torch.float64), expected, label="norm", rtol=1e-9, atol=1e-9)


@after("test_returns_a_float")
@pytest.mark.parametrize("max_norm", [0.1, 1.0, 1000.0])
def test_gradients_are_scaled_by_one_factor(max_norm):
    """Each gradient is multiplied by the same factor, at most 1, where the optimiser finds it."""
    grads = [torch.randn(shape).double() for shape in SHAPES]
    factor = min(1.0, max_norm / (norm_by_hand(grads) + 1e-6))
    expected = [grad * factor for grad in grads]
    params = parameters(grads)
    clip_grad_norm_(params, max_norm)
    for number, (param, right) in enumerate(zip(params, expected, strict=True)):
        assert_close(param.grad, right, label=f"gradient {number}", rtol=1e-9, atol=1e-12)


@after("test_gradients_are_scaled_by_one_factor")
def test_short_gradients_stay():
    """Gradients below the limit are not touched, not by one bit.

    Pins: "they are never made longer".
    """
    grads = [torch.randn(shape) / 100 for shape in SHAPES]
    params = parameters(grads)
    clip_grad_norm_(params, 5.0)
    for number, (param, grad) in enumerate(zip(params, grads, strict=True)):
        assert_close(param.grad, grad.double(), label=f"gradient {number}", rtol=0, atol=0)


@after("test_the_norm_before_is_returned")
def test_a_generator_will_do():
    """The parameters may come from a generator.

    Pins: "or a generator such as `model.parameters()`".
    """
    grads = [torch.randn(shape) for shape in SHAPES]
    expected = torch.tensor(norm_by_hand(grads), dtype=torch.float64)
    norm = clip_grad_norm_((param for param in parameters(grads)), 0.5)
    assert_close(torch.tensor(norm), expected, label="norm")


@after("test_returns_a_float")
def test_missing_gradients_are_passed_over():
    """Parameters without a gradient are passed over, and keep having none."""
    params = parameters([torch.tensor([3.0]), torch.tensor([4.0])])
    params.insert(1, nn.Parameter(torch.ones(2)))
    assert_close(torch.tensor(clip_grad_norm_(params, 1.0)), torch.tensor(5.0).double(), label="norm")
    assert params[1].grad is None, "a parameter without a gradient got one"


@after("test_returns_a_float")
@pytest.mark.parametrize("case", ["no parameters", "no gradients", "gradients of zero"])
def test_nothing_to_clip(case):
    """No parameters, no gradients and gradients of zero have the norm 0, and nothing becomes NaN."""
    cases = {
        "no parameters": [],
        "no gradients": [nn.Parameter(torch.ones(2))],
        "gradients of zero": parameters([torch.zeros(3)]),
    }
    params = cases[case]
    assert_close(torch.tensor(clip_grad_norm_(params, 1.0)), torch.tensor(0.0).double(), label="norm")
    assert all(p.grad is None or not p.grad.any() for p in params), "a gradient of zero stays zero"


@after("test_gradients_are_scaled_by_one_factor")
def test_eps_is_added_to_the_norm():
    """eps is added to the norm before dividing, and may be given.

    Pins: "the clipped norm is a little below".
    """
    params = parameters([torch.tensor([3.0, 4.0]).double()])
    clip_grad_norm_(params, 1.0, eps=5.0)
    assert_close(params[0].grad, torch.tensor([0.3, 0.4]).double(), label="gradient with eps = 5")


@after("test_the_norm_before_is_returned")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision(dtype):
    """Half-precision gradients whose squares would overflow have the right norm, and keep their dtype."""
    params = parameters([torch.full((64,), 300.0, dtype=dtype), torch.full((36,), 300.0, dtype=dtype)])
    norm = clip_grad_norm_(params, 1500.0)
    assert_close(torch.tensor(norm), torch.tensor(3000.0).double(), label="norm", rtol=1e-3)
    assert_close(params[0].grad, torch.full((64,), 150.0).double(), label="gradient", dtype=dtype, rtol=0.01)


@after("test_gradients_are_scaled_by_one_factor")
def test_nothing_else_happens():
    """Parameters stay as they were, nothing is recorded and no random number drawn."""
    params = parameters([torch.randn(3) * 10, torch.randn(2, 2) * 10])
    before = [param.detach().clone().double() for param in params]
    with rng_unchanged():
        clip_grad_norm_(params, 1.0)
    for param, was in zip(params, before, strict=True):
        assert_close(param.detach(), was, label="parameter", rtol=0, atol=0)
        assert not param.grad.requires_grad, "the clipped gradient requires a gradient: autograd recorded it"


def parameters(grads):
    """Parameters that hold these gradients."""
    params = [nn.Parameter(torch.randn(grad.shape).to(grad.dtype)) for grad in grads]
    for param, grad in zip(params, grads, strict=True):
        param.grad = grad.clone()
    return params


def norm_by_hand(grads):
    """The root of the sum of all squares, in plain floats."""
    return sum(number**2 for grad in grads for number in grad.double().flatten().tolist()) ** 0.5
