"""The load loss is w times the squared coefficient of variation of the experts' smooth loads.

Letters: tokens T, width D, experts E. Expected values are the definition by brute force in float64, computed
before the call.
"""

import math

import pytest
import torch
from submission import load_loss

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, D, E, k: all different, as many tokens as experts; one place, all but one, some.
SETTINGS = [(4, 5, 6, 2), (9, 3, 4, 1), (5, 2, 5, 3), (6, 4, 3, 2), (30, 7, 8, 4)]


def test_returns_one_number():
    """The loss is a tensor of no axes with the dtype of x."""
    for dtype in (torch.float32, torch.float64):
        loss = load_loss(*(t.to(dtype) for t in drawn(5, 3, 4)), 2)
        assert_shape(loss, (), label="loss")
        assert loss.dtype == dtype, f"x of {dtype} gives a loss of {dtype}, got {loss.dtype}"


@after("test_returns_one_number")
def test_worked_example():
    """The example of the brief comes out as written."""
    w_gate, noise = torch.tensor([[0.0, 0.5, -1.0]]), torch.tensor([[2.0, 0.0, 0.0]])
    loss = load_loss(torch.ones(1, 1), w_gate, torch.zeros(1, 3), noise, 1)
    assert_close(loss, torch.tensor(0.738791).double(), label="loss", atol=1e-5)


@after("test_returns_one_number")
@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS)
@pytest.mark.parametrize("weight", [1.0, 0.1])
def test_the_loss_is_the_definition(tokens, width, experts, k, weight):
    """The loss is w times the variance of the loads over their squared mean."""
    arguments = drawn(tokens, width, experts)
    expected = weight * loss_of(*arguments, k)
    loss = load_loss(*arguments, k, weight=weight)
    assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_returns_one_number")
@pytest.mark.parametrize("k", [1, 2])
def test_equal_importance_is_not_equal_load(k):
    """Experts with many tokens of small weight and few of large weight have unequal loads.

    Pins: "Equal importance is not equal load".
    """
    # Five tokens are unsure between experts 0 and 1, one is sure of expert 2.
    x = torch.eye(3).double()[[0, 0, 0, 1, 1, 2]]
    w_gate = torch.tensor([[1.0, 0.9, -3.0], [0.9, 1.0, -3.0], [-3.0, -3.0, 3.0]]).double()
    arguments = (x, w_gate, torch.zeros(3, 3).double(), torch.zeros(6, 3).double())
    expected = loss_of(*arguments, k)
    assert_close(load_loss(*arguments, k), expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_returns_one_number")
@pytest.mark.parametrize(("tokens", "experts", "k"), [(5, 3, 3), (4, 1, 1), (0, 4, 2), (0, 3, 3)])
def test_nothing_to_balance(tokens, experts, k):
    """k = E, a single expert and no tokens give the loss 0, and no gradient that is not finite."""
    *leaves, noise = drawn(tokens, 2, experts)
    x, w_gate, w_noise = (leaf.requires_grad_() for leaf in leaves)
    loss = load_loss(x, w_gate, w_noise, noise, k)
    assert_close(loss, torch.zeros(()).double(), label="loss")
    if loss.requires_grad:
        loss.backward()
    for leaf in (x, w_gate, w_noise):
        assert leaf.grad is None or not leaf.grad.any(), "there is nothing to balance: all gradients are 0"


@after("test_the_loss_is_the_definition")
def test_tiny_loads():
    """Where all loads are around 1e-5, the 1e-10 in the denominator counts."""
    noise = torch.tensor([[4.2, 4.3, 4.4]]).double()  # every expert was lucky, and would not be again
    arguments = (torch.ones(1, 1).double(), torch.zeros(1, 3).double(), torch.zeros(1, 3).double(), noise)
    expected = loss_of(*arguments, 1)
    assert_close(load_loss(*arguments, 1), expected, label="loss", rtol=1e-6, atol=1e-9)


@after("test_the_loss_is_the_definition")
@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS[:4])
def test_the_gradients(tokens, width, experts, k):
    """x, w_gate and w_noise receive the gradients of the definition."""
    *leaves, noise = drawn(tokens, width, experts)
    x, w_gate, w_noise = (leaf.clone().requires_grad_() for leaf in leaves)
    expected = torch.autograd.grad(2.5 * loss_of(x, w_gate, w_noise, noise, k), [x, w_gate, w_noise])
    x, w_gate, w_noise = (leaf.clone().requires_grad_() for leaf in leaves)
    load_loss(x, w_gate, w_noise, noise, k, 2.5).backward()
    for leaf, gradient, name in zip((x, w_gate, w_noise), expected, ("x", "w_gate", "w_noise"), strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-6, atol=1e-8)


@after("test_the_loss_is_the_definition")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    arguments = [t.T.contiguous().T for t in drawn(6, 3, 4)]
    expected = loss_of(*arguments, 2)
    assert_close(load_loss(*arguments, 2), expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_the_loss_is_the_definition")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    arguments = drawn(6, 3, 4)
    expected = loss_of(*arguments, 2)
    with unchanged(*arguments), rng_unchanged():
        losses = [load_loss(*arguments, 2) for _ in range(2)]
    for loss in losses:
        assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)


def drawn(tokens, width, experts):
    """x, w_gate, w_noise and noise, in float64."""
    shapes = [(tokens, width), (width, experts), (width, experts), (tokens, experts)]
    return [torch.randn(shape).double() for shape in shapes]


def loss_of(x, w_gate, w_noise, noise, k):
    """The definition with autograd: for each token and expert, the others sorted anew; Phi by erf."""
    clean, strength = x @ w_gate, (1 + (x @ w_noise).exp()).log()
    noisy, experts = clean + noise * strength, w_gate.shape[1]
    loads = []
    for i in range(experts):
        others = torch.cat([noisy[:, :i], noisy[:, i + 1 :]], dim=1)
        limit = others.sort(dim=1, descending=True).values[:, k - 1]
        z = (clean[:, i] - limit) / strength[:, i]
        loads.append((0.5 * (1 + torch.erf(z / math.sqrt(2)))).sum())
    load = torch.stack(loads)
    return load.var(correction=0) / (load.mean() ** 2 + 1e-10)
