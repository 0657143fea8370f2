"""The layer sums the residual, every shared expert, and the chosen routed experts with gate and scale.

Letters: tokens T, width D. Expected values are a loop over the tokens, computed before the call.
"""

import pytest
import torch
from submission import shared_expert_layer

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, spy, unchanged

# T, D, shared experts, routed experts, k, scale: all different; none shared, one, several.
SETTINGS = [(7, 3, 1, 4, 2, 2.5), (5, 4, 2, 6, 3, 1.0), (4, 2, 0, 4, 1, 0.5), (6, 5, 3, 2, 2, 3.0)]


def test_the_shape_is_that_of_u():
    """The result has the shape and the dtype of u."""
    u, shared, routed, weights, idx = drawn(6, 3, 1, 4, 2)
    h = shared_expert_layer(
        u.float(), functions(shared.float()), functions(routed.float()), weights.float(), idx
    )
    assert_shape(h, (6, 3), label="h")
    assert h.dtype == torch.float32, f"u of float32 gives h of float32, got {h.dtype}"


@after("test_the_shape_is_that_of_u")
def test_worked_example():
    """The example of the brief comes out as written."""
    shared, routed = [lambda t: 10 * t], [lambda t: 100 * t, lambda t: 1000 * t]
    weights, idx = torch.tensor([[0.5, 0.25]]), torch.tensor([[1, 0]])
    h = shared_expert_layer(torch.ones(1, 1), shared, routed, weights, idx, 2.0)
    assert_close(h, torch.tensor([[1061.0]]).double(), label="h")


@after("test_the_shape_is_that_of_u")
@pytest.mark.parametrize(("tokens", "width", "shared", "routed", "k", "scale"), SETTINGS)
def test_the_output_is_the_definition(tokens, width, shared, routed, k, scale):
    """The output is the residual, plus the shared experts, plus scale times the weighed routed ones.

    Pins: "The weights are taken as given".
    """
    values = drawn(tokens, width, shared, routed, k)
    expected = by_hand(*values, scale)
    u, ours, theirs, weights, idx = values
    h = shared_expert_layer(u, functions(ours), functions(theirs), weights, idx, scale=scale)
    assert_close(h, expected, label="h", rtol=1e-10, atol=1e-10)


@after("test_the_output_is_the_definition")
def test_the_scale_is_one_by_default():
    """Without a scale the routed part counts as it is.

    Pins: "scale=1.0".
    """
    values = drawn(6, 3, 1, 4, 2)
    expected = by_hand(*values, 1.0)
    u, shared, routed, weights, idx = values
    h = shared_expert_layer(u, functions(shared), functions(routed), weights, idx)
    assert_close(h, expected, label="h", rtol=1e-10, atol=1e-10)


@after("test_the_shape_is_that_of_u")
def test_which_experts_are_called():
    """Shared experts are called once with all tokens, routed ones once with theirs, or not at all."""
    u, shared, routed, weights, idx = drawn(6, 3, 2, 5, 2)
    idx = idx.where(idx != 3, (idx.sum(dim=1, keepdim=True) - idx + 1) % 3)  # nobody chooses expert 3
    idx[:, 0], idx[:, 1] = 4, torch.tensor([0, 1, 2, 0, 1, 0])
    all_of_them, some = [spy(f) for f in functions(shared)], [spy(f) for f in functions(routed)]
    shared_expert_layer(u, all_of_them, some, weights, idx)
    seen = [(each.calls, sum(each.rows)) for each in all_of_them]
    assert seen == [(1, 6), (1, 6)], f"each shared expert sees 6 rows in one call, got {seen}"
    seen = [(each.calls, sum(each.rows)) for each in some]
    expected = [(1, 3), (1, 2), (1, 1), (0, 0), (1, 6)]
    assert seen == expected, f"calls and rows of the routed experts are {expected}, got {seen}"


@after("test_the_shape_is_that_of_u")
def test_no_tokens():
    """No tokens give an empty result.

    Pins: "$T = 0$ gives an empty result".
    """
    u, shared, routed, weights, idx = drawn(0, 3, 1, 4, 2)
    h = shared_expert_layer(u, functions(shared), functions(routed), weights, idx)
    assert_shape(h, (0, 3), label="h")


@after("test_the_output_is_the_definition")
@pytest.mark.parametrize(("tokens", "width", "shared", "routed", "k", "scale"), SETTINGS)
def test_the_gradients(tokens, width, shared, routed, k, scale):
    """u, the weights and the experts receive the gradients of the definition."""
    *values, idx = drawn(tokens, width, shared, routed, k)
    worth = torch.randn(tokens, width).double()
    leaves = [value.clone().requires_grad_() for value in values]
    loss = (definition(*leaves, idx, scale) * worth).sum()
    expected = torch.autograd.grad(loss, leaves, allow_unused=True)
    u, ours, theirs, weights = (value.clone().requires_grad_() for value in values)
    h = shared_expert_layer(u, functions(ours), functions(theirs), weights, idx, scale)
    (h * worth).sum().backward()
    names = ("u", "the shared experts", "the routed experts", "the weights")
    for leaf, gradient, name in zip((u, ours, theirs, weights), expected, names, strict=True):
        if gradient is not None and leaf.numel():
            assert leaf.grad is not None, f"no gradient reaches {name}"
            assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-8, atol=1e-10)


@after("test_the_output_is_the_definition")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    u, shared, routed, weights, idx = drawn(6, 3, 1, 4, 2)
    u, weights, idx = (t.T.contiguous().T for t in (u, weights, idx))
    expected = by_hand(u, shared, routed, weights, idx, 1.5)
    h = shared_expert_layer(u, functions(shared), functions(routed), weights, idx, 1.5)
    assert_close(h, expected, label="h", rtol=1e-10, atol=1e-10)


@after("test_the_shape_is_that_of_u")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    u, shared, routed, weights, idx = drawn(6, 3, 1, 4, 2)
    expected = by_hand(u, shared, routed, weights, idx, 2.0)
    with unchanged(u, weights, idx), rng_unchanged():
        answers = [
            shared_expert_layer(u, functions(shared), functions(routed), weights, idx, 2.0) for _ in range(2)
        ]
    for h in answers:
        assert_close(h, expected, label="h", rtol=1e-10, atol=1e-10)


def drawn(tokens, width, shared, routed, k):
    """u, a weight for each expert, gates that do not sum to 1, and the choices, in float64."""
    shapes = [(tokens, width), (shared, width, width), (routed, width, width), (tokens, k)]
    idx = [torch.randperm(routed)[:k] for _ in range(tokens)]
    values = [torch.randn(shape).double() for shape in shapes]
    return [*values, torch.stack(idx) if idx else torch.zeros(0, k, dtype=torch.int64)]


def functions(weights):
    """Experts that are not linear."""
    return [lambda t, weight=weight: torch.tanh(t @ weight) + 1 for weight in weights]


def by_hand(u, shared, routed, weights, idx, scale):
    """The definition, token by token."""
    h = u.clone()
    for t in range(len(u)):
        for weight in shared:
            h[t] += torch.tanh(u[t] @ weight) + 1
        for j, expert in enumerate(idx[t].tolist()):
            h[t] += scale * weights[t, j] * (torch.tanh(u[t] @ routed[expert]) + 1)
    return h


def definition(u, shared, routed, weights, idx, scale):
    """The formula for autograd, every routed expert on every token."""
    gates = torch.zeros(len(u), len(routed), dtype=u.dtype).scatter(1, idx, weights)
    answers = torch.tanh(torch.einsum("td,edo->teo", u, routed)) + 1
    every = (torch.tanh(torch.einsum("td,edo->teo", u, shared)) + 1).sum(dim=1)
    return u + every + scale * torch.einsum("te,teo->to", gates, answers)
