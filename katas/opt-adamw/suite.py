"""A step of AdamW decays the parameter and moves it by the corrected averages of its gradients.

Expected values are the definition in plain floats, number by number, computed before the calls.
"""

import copy

import pytest
import torch
from submission import adamw_step
from torch import nn

from ml_katas.testing import after, assert_close, rng_unchanged, unchanged

# lr, betas, eps, weight decay: the usual, others, no decay, a large eps.
SETTINGS = [
    (0.1, (0.9, 0.999), 1e-8, 0.01),
    (0.02, (0.8, 0.95), 1e-8, 0.5),
    (0.3, (0.5, 0.9), 1e-8, 0.0),
    (0.1, (0.9, 0.99), 0.1, 0.1),
]


def test_the_parameter_itself_is_changed():
    """The tensor that was given is changed in place, and None is returned."""
    p = torch.ones(3)
    result = adamw_step(p, torch.ones(3), {}, 0.1)
    assert result is None, f"adamw_step returns None, got a {type(result).__name__}"
    assert (p != 1).all(), "the parameter that was given is as it was: change it in place"


@after("test_the_parameter_itself_is_changed")
def test_worked_example():
    """The example of the brief comes out as written."""
    p = torch.tensor([1.0])
    adamw_step(p, torch.tensor([0.5]), {}, 0.1, weight_decay=0.1)
    assert_close(p, torch.tensor([0.89]).double(), label="p after one step")


@after("test_the_parameter_itself_is_changed")
@pytest.mark.parametrize(("lr", "betas", "eps", "decay"), SETTINGS, ids=str)
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_steps_are_the_definition(lr, betas, eps, decay, steps):
    """After any number of steps the parameter is that of the definition, in float64 to its last digits."""
    p, grads = torch.randn(2, 3).double(), [torch.randn(2, 3).double() for _ in range(steps)]
    expected = by_hand(p, grads, [lr] * steps, betas, eps, decay)
    state = {}
    for grad in grads:
        adamw_step(p, grad, state, lr, betas=betas, eps=eps, weight_decay=decay)
    assert_close(p, expected, label=f"p after {steps} step{'s' * (steps > 1)}", rtol=1e-10, atol=1e-10)


@after("test_steps_are_the_definition")
def test_defaults():
    """betas are (0.9, 0.999), eps 1e-8 and weight decay 0.01 when they are not given.

    Pins: "weight_decay=0.01".
    """
    p, grads = torch.randn(4).double(), [1e-7 * torch.randn(4).double() for _ in range(3)]
    expected = by_hand(p, grads, [0.1] * 3, (0.9, 0.999), 1e-8, 0.01)
    state = {}
    for grad in grads:
        adamw_step(p, grad, state, 0.1)
    assert_close(p, expected, label="p", rtol=1e-10, atol=1e-10)


@after("test_steps_are_the_definition")
@pytest.mark.parametrize("size", [1e-8, 1e-10, 0.0])
def test_tiny_gradients(size):
    """Gradients as small as eps, and of zero, show where eps stands: outside the root."""
    p, grad = torch.tensor([1.0, -2.0]).double(), torch.tensor([size, -size]).double()
    expected = by_hand(p, [grad], [0.1], (0.9, 0.999), 1e-8, 0.0)
    adamw_step(p, grad, {}, 0.1, weight_decay=0.0)
    assert_close(p, expected, label="p", rtol=1e-10, atol=1e-12)


@after("test_steps_are_the_definition")
def test_the_rate_may_change():
    """The learning rate may be another one in each step.

    Pins: "The learning rate may change from step to step".
    """
    p, grads, rates = torch.randn(3).double(), [torch.randn(3).double() for _ in range(3)], [0.1, 0.01, 0.5]
    expected = by_hand(p, grads, rates, (0.9, 0.999), 1e-8, 0.2)
    state = {}
    for grad, rate in zip(grads, rates, strict=True):
        adamw_step(p, grad, state, rate, weight_decay=0.2)
    assert_close(p, expected, label="p", rtol=1e-10, atol=1e-10)


@after("test_steps_are_the_definition")
def test_each_parameter_has_its_own_state():
    """Steps of one parameter do not disturb another one, whatever its shape is."""
    p, q = torch.randn(3).double(), torch.randn(2, 2).double()
    grads = [torch.randn(3).double() for _ in range(3)]
    others = [torch.randn(2, 2).double() for _ in range(3)]
    right_p = by_hand(p, grads, [0.1] * 3, (0.9, 0.999), 1e-8, 0.01)
    right_q = by_hand(q, others, [0.1] * 3, (0.9, 0.999), 1e-8, 0.01)
    first, second = {}, {}
    for grad, other in zip(grads, others, strict=True):
        adamw_step(p, grad, first, 0.1)
        adamw_step(q, other, second, 0.1)
    assert_close(p, right_p, label="p", rtol=1e-10, atol=1e-10)
    assert_close(q, right_q, label="q", rtol=1e-10, atol=1e-10)


@after("test_each_parameter_has_its_own_state")
def test_a_copy_goes_on_where_it_was():
    """A copy of parameter and state takes the same next step: everything is in the dict.

    Pins: "a copy of parameter and dict goes on where the original was".
    """
    p, grads = torch.randn(3).double(), [torch.randn(3).double() for _ in range(4)]
    expected = by_hand(p, grads, [0.1] * 4, (0.9, 0.999), 1e-8, 0.01)
    state = {}
    for grad in grads[:2]:
        adamw_step(p, grad, state, 0.1)
    q, kept = p.clone(), copy.deepcopy(state)
    for grad in grads[2:]:
        adamw_step(p, -grad, state, 0.1)  # the original goes elsewhere
    for grad in grads[2:]:
        adamw_step(q, grad, kept, 0.1)
    assert_close(q, expected, label="the copy", rtol=1e-10, atol=1e-10)


@after("test_the_parameter_itself_is_changed")
def test_no_gradient():
    """With None as gradient nothing happens: neither decay nor a step that counts."""
    p, grad = torch.tensor([1.0, 2.0]).double(), torch.tensor([0.5, -0.5]).double()
    expected = by_hand(p, [grad], [0.1], (0.9, 0.999), 1e-8, 0.1)
    state = {}
    adamw_step(p, None, state, 0.1, weight_decay=0.1)
    assert_close(p, torch.tensor([1.0, 2.0]).double(), label="p without a gradient", rtol=0, atol=0)
    adamw_step(p, grad, state, 0.1, weight_decay=0.1)
    assert_close(p, expected, label="p after the first step", rtol=1e-10, atol=1e-10)


@after("test_steps_are_the_definition")
def test_a_parameter_stays_a_leaf():
    """A parameter that requires gradients is changed too, and autograd records nothing."""
    p = nn.Parameter(torch.tensor([1.0]))
    adamw_step(p, torch.tensor([0.5]), {}, 0.1, weight_decay=0.1)
    assert_close(p.detach(), torch.tensor([0.89]).double(), label="p after one step")
    assert p.is_leaf, "the parameter is no leaf any more: autograd recorded the step"


@after("test_steps_are_the_definition")
def test_the_gradient_stays():
    """grad stays as it was, also when it is filled anew for the next step; nothing is drawn.

    Pins: "`grad` stays as it was, and the state does not share its memory".
    """
    p, grad = torch.randn(3).double(), torch.randn(3).double()
    second = torch.randn(3).double()
    expected = by_hand(p, [grad.clone(), second], [0.1] * 2, (0.9, 0.999), 1e-8, 0.01)
    state = {}
    with unchanged(grad), rng_unchanged():
        adamw_step(p, grad, state, 0.1)
    grad.copy_(second)
    adamw_step(p, grad, state, 0.1)
    assert_close(p, expected, label="p", rtol=1e-10, atol=1e-10)


@after("test_steps_are_the_definition")
def test_tensors_may_be_non_contiguous():
    """Parameter and gradient may have any memory layout.

    Pins: "memory layouts are free".
    """
    p, grads = torch.randn(3, 2).double().T, [torch.randn(3, 2).double().T for _ in range(2)]
    expected = by_hand(p, grads, [0.1] * 2, (0.9, 0.999), 1e-8, 0.01)
    state = {}
    for grad in grads:
        adamw_step(p, grad, state, 0.1)
    assert_close(p, expected, label="p", rtol=1e-10, atol=1e-10)


def by_hand(p, grads, rates, betas, eps, decay):
    """The definition in plain floats; each average is the weighted sum of all gradients so far."""
    numbers = p.flatten().tolist()
    for t, rate in enumerate(rates, 1):
        so_far = [grad.flatten().tolist() for grad in grads[:t]]
        for i in range(len(numbers)):
            weights = [[b ** (t - s) * (1 - b) / (1 - b**t) for s in range(1, t + 1)] for b in betas]
            mean = sum(w * g[i] for w, g in zip(weights[0], so_far, strict=True))
            square = sum(w * g[i] ** 2 for w, g in zip(weights[1], so_far, strict=True))
            numbers[i] -= rate * decay * numbers[i]
            numbers[i] -= rate * mean / (square**0.5 + eps)
    return torch.tensor(numbers, dtype=torch.float64).reshape(p.shape)
