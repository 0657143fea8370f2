"""The importance loss is w times the population variance of the summed gates over their squared mean.

Letters: tokens T, experts E. Expected values are loops over plain floats, computed before the call.
"""

import pytest
import torch
from submission import importance_loss

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, E: more tokens than experts and fewer, as many, and many of both.
SIZES = [(7, 4), (3, 6), (5, 5), (300, 32)]


def test_returns_one_number():
    """The loss is a tensor of no axes with the dtype of the gates."""
    for dtype in (torch.float32, torch.float64):
        loss = importance_loss(torch.rand(6, 4, dtype=dtype))
        assert_shape(loss, (), label="loss")
        assert loss.dtype == dtype, f"gates of {dtype} give a loss of {dtype}, got {loss.dtype}"


@after("test_returns_one_number")
def test_worked_example():
    """The example of the brief comes out as written."""
    gates = torch.tensor([[1.0, 0.0, 2.0, 3.0], [0.0, 2.0, 1.0, 3.0]])
    assert_close(importance_loss(gates), torch.tensor(3.5 / 9, dtype=torch.float64), label="loss")


@after("test_returns_one_number")
@pytest.mark.parametrize(("tokens", "experts"), SIZES)
@pytest.mark.parametrize("weight", [1.0, 0.1])
def test_the_loss_is_the_formula(tokens, experts, weight):
    """The loss is w times the variance of the importances over their squared mean."""
    gates = sparse_gates(tokens, experts)
    expected = by_hand(gates, weight)
    assert_close(importance_loss(gates, weight), expected, label="loss", rtol=1e-5, atol=1e-6)


@after("test_returns_one_number")
@pytest.mark.parametrize("weight", [0.0, 2.5, -1.0])
def test_the_weight_is_a_factor(weight):
    """The weight scales the loss, whatever it is."""
    gates = sparse_gates(9, 5)
    expected = by_hand(gates, weight)
    assert_close(importance_loss(gates, weight=weight), expected, label="loss", rtol=1e-5, atol=1e-6)


@after("test_returns_one_number")
def test_equal_importances_give_zero():
    """When all experts get the same in sum the loss is 0, however unequal the single tokens are."""
    gates = torch.eye(5).repeat(3, 1)
    assert_close(importance_loss(gates), torch.zeros((), dtype=torch.float64), label="loss", atol=1e-6)


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize(("tokens", "experts"), SIZES)
def test_one_expert_with_everything(tokens, experts):
    """When one expert gets everything the loss is E - 1, for any number of tokens."""
    gates = torch.zeros(tokens, experts)
    gates[:, 1] = 1.0
    expected = torch.tensor(experts - 1.0, dtype=torch.float64)
    assert_close(importance_loss(gates), expected, label="loss", rtol=1e-4)


@after("test_the_loss_is_the_formula")
def test_twice_the_gates_give_the_same_loss():
    """The loss does not depend on the scale of the gates.

    Pins: "Twice the gates give the same loss".
    """
    gates = sparse_gates(9, 5)
    expected = by_hand(gates, 1.0)
    for scale in (0.25, 2.0, 64.0):
        assert_close(
            importance_loss(gates * scale), expected, label=f"loss of {scale} times the gates", rtol=1e-4
        )


@after("test_the_loss_is_the_formula")
def test_the_term_in_the_denominator():
    """Importances around 1e-5, where 1e-10 in the denominator counts, give the loss of the formula."""
    gates = 1e-6 * torch.rand(10, 4, dtype=torch.float64)
    expected = by_hand(gates, 1.0)
    assert_close(importance_loss(gates), expected, label="loss of very small gates", rtol=1e-6)


@after("test_returns_one_number")
@pytest.mark.parametrize("shape", [(4, 3), (0, 3), (5, 1), (0, 1)], ids=str)
def test_nothing_to_balance(shape):
    """Zero gates, no tokens and a single expert give 0, and a finite gradient."""
    gates = torch.zeros(shape) if shape[1] > 1 else torch.ones(shape)
    gates.requires_grad_()
    loss = importance_loss(gates)
    assert_close(loss, torch.zeros((), dtype=torch.float64), label="loss", atol=1e-6)
    loss.backward()
    assert gates.grad is None or gates.grad.isfinite().all(), "the gradient is finite here too"


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize(("tokens", "experts"), SIZES[:3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_the_gradient_reaches_the_gates(tokens, experts, dtype):
    """The gates receive the gradient of the formula."""
    gates = sparse_gates(tokens, experts).to(dtype)
    expected = gradient_by_hand(gates, 0.3)
    leaf = gates.clone().requires_grad_()
    importance_loss(leaf, 0.3).backward()
    assert leaf.grad is not None, "no gradient reaches the gates: counts have none"
    assert_close(leaf.grad, expected, label="gradient of the gates", atol=1e-5)


@after("test_the_loss_is_the_formula")
def test_float64_keeps_its_precision():
    """float64 gates give the loss to the last digits of float64."""
    gates = sparse_gates(40, 7).double()
    expected = by_hand(gates, 1.0)
    assert_close(importance_loss(gates), expected, label="loss", rtol=1e-11, atol=1e-11)


@after("test_the_loss_is_the_formula")
def test_gates_may_be_non_contiguous():
    """Gates in any memory layout will do.

    Pins: "may have any memory layout".
    """
    gates = sparse_gates(6, 9).T  # 9 tokens, 6 experts
    expected = by_hand(gates, 1.0)
    assert_close(importance_loss(gates), expected, label="loss", rtol=1e-5, atol=1e-6)


@after("test_the_loss_is_the_formula")
def test_nothing_else_happens():
    """The gates stay as they were, no random number is drawn, the same call gives the same answer."""
    gates = sparse_gates(7, 4)
    expected = by_hand(gates, 1.0)
    with unchanged(gates), rng_unchanged():
        losses = [importance_loss(gates) for _ in range(2)]
    for loss in losses:
        assert_close(loss, expected, label="loss", rtol=1e-5, atol=1e-6)


def sparse_gates(tokens, experts):
    """Gate values as top-2 gating gives them: two of each row above zero, summing to 1; experts unequal."""
    logits = torch.randn(tokens, experts) + torch.linspace(0, 2, experts)
    kept = logits.topk(2, dim=1)
    return torch.zeros(tokens, experts).scatter(1, kept.indices, kept.values.softmax(dim=1))


def by_hand(gates, weight):
    """The formula in plain floats, one expert after the other."""
    columns = gates.T.double().tolist()
    importance = [sum(column) for column in columns]
    mean = sum(importance) / len(importance)
    variance = sum((one - mean) ** 2 for one in importance) / len(importance)
    return torch.tensor(weight * variance / (mean**2 + 1e-10), dtype=torch.float64)


def gradient_by_hand(gates, weight):
    """dL/dG_ti = w (2/E) ((I_i - mu) / (mu^2 + eps) - mu sigma^2 / (mu^2 + eps)^2), for every token t."""
    importance = gates.double().sum(dim=0)
    experts, mean = len(importance), importance.mean()
    variance, scale = importance.var(correction=0), mean**2 + 1e-10
    row = 2 * weight / experts * ((importance - mean) / scale - mean * variance / scale**2)
    return row.expand(len(gates), experts).clone()
