"""Each expert picks the C tokens with the largest probability for it, and weighs them by it.

Letters: tokens T, width D, experts E, places C. Values are compared in float64, where rounding decides no
choice. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import expert_choice

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, D, E, factor, C: rounded down, exact, at least one, at most T, as many tokens as experts, a single token.
SETTINGS = [
    (9, 3, 4, 1.0, 2),
    (8, 5, 4, 2.0, 4),
    (3, 4, 7, 1.0, 1),
    (5, 2, 3, 6.0, 5),
    (6, 4, 6, 2.5, 2),
    (1, 3, 2, 1.0, 1),
    (7, 2, 3, 0.5, 1),
]


@pytest.mark.parametrize(("tokens", "width", "experts", "factor", "places"), SETTINGS)
def test_one_row_per_expert(tokens, width, experts, factor, places):
    """Both results are (E, C), with C rounded down, at least 1 and at most T."""
    result = expert_choice(*drawn(tokens, width, experts), factor)
    assert isinstance(result, tuple), f"expected the tuple (gates, index), got a {type(result).__name__}"
    gates, index = result
    assert_shape(gates, (experts, places), label="gates")
    assert_shape(index, (experts, places), label="index")
    assert index.dtype == torch.int64, f"index is int64, got {index.dtype}"


@after("test_one_row_per_expert")
def test_worked_example():
    """The example of the brief comes out as written."""
    chances = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]])
    gates, index = expert_choice(chances.log(), torch.eye(2), 1.0)
    assert_close(index, torch.tensor([[0], [2]]), label="index")
    assert_close(gates, torch.tensor([[0.9], [0.4]]).double(), label="gates")


@after("test_one_row_per_expert")
@pytest.mark.parametrize(("tokens", "width", "experts", "factor", "places"), SETTINGS)
def test_each_expert_picks_its_best_tokens(tokens, width, experts, factor, places):
    """Each expert picks the C tokens with the largest probability for it."""
    x, w_gate = drawn(tokens, width, experts)
    scores = scores_by_hand(x, w_gate)
    columns = scores.T.tolist()
    expected = [sorted(sorted(range(tokens), key=lambda t: -column[t])[:places]) for column in columns]
    _, index = expert_choice(x, w_gate, factor)
    assert_close(index.sort(dim=1).values, torch.tensor(expected), label="index, each row sorted")


@after("test_each_expert_picks_its_best_tokens")
@pytest.mark.parametrize(("tokens", "width", "experts", "factor", "places"), SETTINGS)
def test_gates_are_the_probabilities_as_they_are(tokens, width, experts, factor, places):
    """The gates are the picked entries of the softmax over the experts, not normalised again."""
    x, w_gate = drawn(tokens, width, experts)
    scores = scores_by_hand(x, w_gate)
    gates, index = expert_choice(x, w_gate, factor)
    assert_close(gates, scores.T.gather(1, index), label="gates", rtol=1e-10, atol=1e-10)


@after("test_each_expert_picks_its_best_tokens")
def test_a_token_may_be_taken_by_all_or_by_none():
    """A token that stands out for nobody is taken by nobody; one expert's favourite may be another's.

    Pins: "a token may be chosen by several experts, or by none".
    """
    logits = torch.tensor([[9.0, 9.0, 0.0, 0.0], [0, 0, 0.0, 0.0], [0.0, 0.0, 9.0, 9.0], [0.1, 0, 0, 0.1]])
    _, index = expert_choice(logits.double(), torch.eye(4).double(), 1.0)
    assert_close(index, torch.tensor([[0], [0], [2], [2]]), label="index")


@after("test_one_row_per_expert")
@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_ties_give_different_tokens(factor):
    """Where all tokens tie, each expert picks C different ones, with the weight 1 / E."""
    gates, index = expert_choice(torch.zeros(6, 3), torch.randn(3, 3), factor)
    for row in index.tolist():
        assert len(set(row)) == len(row), f"an expert picks different tokens, got {row}"
    assert_close(gates, torch.full(gates.shape, 1 / 3).double(), label="gates")


@after("test_gates_are_the_probabilities_as_they_are")
@pytest.mark.parametrize("size", [1000.0, -1000.0])
def test_extreme_logits_do_not_overflow(size):
    """Logits around 1000 or -1000 give the probabilities of their differences.

    Pins: "do not overflow".
    """
    x, w_gate = torch.tensor([[1.0, 0.0], [1.0, 1.0]]), torch.tensor([[size, size], [1.0, -1.0]])
    scores = scores_by_hand(x.double(), w_gate.double())
    gates, index = expert_choice(x, w_gate, 2.0)
    assert_close(gates, scores.T.gather(1, index), label="gates", atol=1e-3)


@after("test_gates_are_the_probabilities_as_they_are")
@pytest.mark.parametrize(("tokens", "width", "experts", "factor", "places"), SETTINGS)
def test_the_gradients(tokens, width, experts, factor, places):
    """x and w_gate receive the gradients of the softmax over all experts."""
    x, w_gate = drawn(tokens, width, experts)
    worth, scores = torch.randn(tokens, experts).double(), scores_by_hand(x, w_gate)
    picked = torch.zeros_like(scores)
    for expert in range(experts):
        picked[scores[:, expert].argsort(descending=True)[:places], expert] = 1
    by_scores = picked * worth
    by_logits = scores * (by_scores - (scores * by_scores).sum(dim=1, keepdim=True))
    leaves = [x.clone().requires_grad_(), w_gate.clone().requires_grad_()]
    gates, index = expert_choice(*leaves, factor)
    (gates * worth.T.gather(1, index)).sum().backward()
    assert leaves[0].grad is not None, "no gradient reaches x"
    assert_close(leaves[0].grad, by_logits @ w_gate.T, label="gradient of x", rtol=1e-8, atol=1e-10)
    assert_close(leaves[1].grad, x.T @ by_logits, label="gradient of w_gate", rtol=1e-8, atol=1e-10)


@after("test_gates_are_the_probabilities_as_they_are")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, w_gate = (t.T.contiguous().T for t in drawn(8, 3, 4))
    scores = scores_by_hand(x, w_gate)
    gates, index = expert_choice(x, w_gate, 2.0)
    assert_close(gates, scores.T.gather(1, index), label="gates", rtol=1e-10, atol=1e-10)


@after("test_one_row_per_expert")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    x, w_gate = drawn(8, 3, 4)
    scores = scores_by_hand(x, w_gate)
    with unchanged(x, w_gate), rng_unchanged():
        answers = [expert_choice(x, w_gate, 2.0) for _ in range(2)]
    for gates, index in answers:
        assert_close(gates, scores.T.gather(1, index), label="gates", rtol=1e-10, atol=1e-10)


def drawn(tokens, width, experts):
    """x and w_gate, in float64."""
    return torch.randn(tokens, width).double(), torch.randn(width, experts).double()


def scores_by_hand(x, w_gate):
    """The softmax over the experts of each token, in plain floats."""
    rows = []
    for row in (x @ w_gate).tolist():
        powers = [math.exp(logit - max(row)) for logit in row]
        rows.append([power / sum(powers) for power in powers])
    return torch.tensor(rows, dtype=torch.float64)
