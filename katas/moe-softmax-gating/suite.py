"""A dense mixture sums every expert's answer, weighed by a softmax over the experts.

Letters: tokens T, width D, output width O, experts E. Expected values are loops over plain floats, or
autograd on the definition, computed before the call.
"""

import math

import pytest
import torch
from submission import dense_moe, softmax_gate

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, spy, unchanged

# T, D, O, E: all different; as many tokens as experts; one token, one expert.
SETTINGS = [(7, 5, 3, 4), (3, 4, 6, 8), (5, 3, 2, 5), (1, 4, 3, 2), (6, 3, 4, 1)]


def test_shapes():
    """The gates are (T, E), the output is (T, D')."""
    x, w_gate, weights = drawn(7, 5, 3, 4)
    assert_shape(softmax_gate(x, w_gate), (7, 4), label="gates")
    assert_shape(dense_moe(x, w_gate, functions(weights)), (7, 3), label="y")


@after("test_shapes")
def test_worked_example():
    """The example of the brief comes out as written."""
    x, w_gate = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, math.log(3)], [0.0, 0.0]])
    assert_close(softmax_gate(x, w_gate), torch.tensor([[0.25, 0.75]]).double(), label="gates")
    y = dense_moe(x, w_gate, [lambda t: t, lambda t: 10 * t])
    assert_close(y, torch.tensor([[7.75, 15.5]]).double(), label="y")


@after("test_shapes")
@pytest.mark.parametrize(("tokens", "width", "out", "experts"), SETTINGS)
def test_gates_are_a_softmax_over_the_experts(tokens, width, out, experts):
    """The gates of a token are the softmax of its logits over the experts."""
    x, w_gate, _ = drawn(tokens, width, out, experts)
    expected = gates_by_hand(x, w_gate)
    assert_close(softmax_gate(x, w_gate), expected, label="gates", rtol=1e-10, atol=1e-10)


@after("test_shapes")
@pytest.mark.parametrize(("tokens", "width", "out", "experts"), SETTINGS)
def test_the_output_is_the_weighted_sum(tokens, width, out, experts):
    """The output is the sum over the experts of gate times answer, for experts that are not linear."""
    x, w_gate, weights = drawn(tokens, width, out, experts)
    expected = output_by_hand(x, w_gate, weights)
    assert_close(dense_moe(x, w_gate, functions(weights)), expected, label="y", rtol=1e-10, atol=1e-10)


@after("test_shapes")
def test_each_expert_is_called_once_with_all_tokens():
    """Each expert is called once and sees all tokens as they are."""
    x, w_gate, weights = drawn(6, 4, 3, 5)
    seen = []

    def listening(weight):
        return lambda t: seen.append(t.detach().clone()) or torch.tanh(t @ weight)

    spies = [spy(listening(weight)) for weight in weights]
    dense_moe(x, w_gate, spies)
    assert [each.calls for each in spies] == [1] * 5, "each expert is called once"
    assert_close(torch.stack(seen), x.expand(5, 6, 4), label="what the experts saw", rtol=0, atol=0)


@after("test_gates_are_a_softmax_over_the_experts")
@pytest.mark.parametrize("size", [1000.0, -1000.0])
def test_extreme_logits_do_not_overflow(size):
    """Logits around 1000 or -1000 give the gates of their differences."""
    x, w_gate = torch.tensor([[1.0, 1.0], [1.0, 2.0]]), torch.tensor([[size, size, size], [0.0, 1.0, -1.0]])
    expected = gates_by_hand(x.double(), w_gate.double())
    assert_close(softmax_gate(x, w_gate), expected, label="gates", atol=1e-3)


@after("test_the_output_is_the_weighted_sum")
def test_no_token_influences_another():
    """Changing one token changes its own output and no other.

    Pins: "Each token is gated and answered on its own".
    """
    x, w_gate, weights = drawn(5, 4, 3, 6)
    changed = x.clone()
    changed[2] += 1
    first, second = (dense_moe(t, w_gate, functions(weights)) for t in (x, changed))
    moved = ((first - second).abs().sum(dim=1) > 1e-9).tolist()
    assert moved == [i == 2 for i in range(5)], f"only token 2 should have changed, got {moved}"


@after("test_shapes")
def test_no_tokens():
    """No tokens give empty results.

    Pins: "$T = 0$ gives empty results".
    """
    x, w_gate, weights = drawn(0, 4, 3, 5)
    assert_shape(softmax_gate(x, w_gate), (0, 5), label="gates")
    assert_shape(dense_moe(x, w_gate, functions(weights)), (0, 3), label="y")


@after("test_the_output_is_the_weighted_sum")
@pytest.mark.parametrize(("tokens", "width", "out", "experts"), SETTINGS)
def test_the_gradients(tokens, width, out, experts):
    """x, the gate and the experts receive the gradients of the definition."""
    x, w_gate, weights = drawn(tokens, width, out, experts)
    worth = torch.randn(tokens, out).double()
    leaves = [leaf.clone().requires_grad_() for leaf in (x, w_gate, weights)]
    expected = torch.autograd.grad((definition(*leaves) * worth).sum(), leaves)
    leaves = [leaf.clone().requires_grad_() for leaf in (x, w_gate, weights)]
    (dense_moe(leaves[0], leaves[1], functions(leaves[2])) * worth).sum().backward()
    for leaf, gradient, name in zip(leaves, expected, ("x", "w_gate", "the experts' weights"), strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-8, atol=1e-10)


@after("test_gates_are_a_softmax_over_the_experts")
def test_the_gradient_of_the_gates():
    """Gates by themselves have the gradient of the softmax."""
    x, w_gate, _ = drawn(5, 4, 3, 6)
    worth, gates = torch.randn(5, 6).double(), gates_by_hand(x, w_gate)
    by_logits = gates * (worth - (gates * worth).sum(dim=1, keepdim=True))
    leaf = w_gate.clone().requires_grad_()
    (softmax_gate(x, leaf) * worth).sum().backward()
    assert leaf.grad is not None, "no gradient reaches w_gate"
    assert_close(leaf.grad, x.T @ by_logits, label="gradient of w_gate", rtol=1e-8, atol=1e-10)


@after("test_the_output_is_the_weighted_sum")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, w_gate, weights = drawn(5, 4, 3, 6)
    x, w_gate = x.T.contiguous().T, w_gate.T.contiguous().T
    expected = output_by_hand(x, w_gate, weights)
    assert_close(dense_moe(x, w_gate, functions(weights)), expected, label="y", rtol=1e-10, atol=1e-10)


@after("test_shapes")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    x, w_gate, weights = drawn(5, 4, 3, 6)
    expected = output_by_hand(x, w_gate, weights)
    with unchanged(x, w_gate), rng_unchanged():
        answers = [dense_moe(x, w_gate, functions(weights)) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y", rtol=1e-10, atol=1e-10)


def drawn(tokens, width, out, experts):
    """x, w_gate and a weight for each expert, in float64."""
    shapes = [(tokens, width), (width, experts), (experts, width, out)]
    return [torch.randn(shape).double() for shape in shapes]


def functions(weights):
    """Experts that are not linear: tanh of a matrix product, plus 1."""
    return [lambda t, weight=weight: torch.tanh(t @ weight) + 1 for weight in weights]


def gates_by_hand(x, w_gate):
    """The softmax in plain floats, row by row."""
    rows = []
    for row in (x @ w_gate).tolist():
        powers = [math.exp(logit - max(row)) for logit in row]
        rows.append([power / sum(powers) for power in powers])
    return torch.tensor(rows, dtype=torch.float64).reshape(len(x), w_gate.shape[1])


def output_by_hand(x, w_gate, weights):
    """The weighted sum, token by token and expert by expert."""
    gates, y = gates_by_hand(x, w_gate), torch.zeros(len(x), weights.shape[2], dtype=torch.float64)
    for t in range(len(x)):
        for i, weight in enumerate(weights):
            y[t] += gates[t, i] * (torch.tanh(x[t] @ weight) + 1)
    return y


def definition(x, w_gate, weights):
    """The formula for autograd."""
    powers = (x @ w_gate).exp()
    answers = torch.tanh(torch.einsum("td,edo->eto", x, weights)) + 1
    return torch.einsum("te,eto->to", powers / powers.sum(dim=1, keepdim=True), answers)
