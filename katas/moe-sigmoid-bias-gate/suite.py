"""The gate chooses by scores with a bias and weighs by scores without, within a token's best groups.

Letters: tokens T, width D, experts E. Values are compared in float64, where rounding decides no choice.
Expected values are a loop over the tokens, computed before the call.
"""

import math

import pytest
import torch
from submission import deepseek_gate

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, D, E, k, groups, groups that a token may use: without groups, groups of one, of two, all of them.
SETTINGS = [
    (7, 5, 6, 2, 1, 1),
    (4, 3, 8, 3, 4, 2),
    (6, 4, 6, 1, 3, 1),
    (3, 5, 4, 2, 4, 3),
    (5, 2, 9, 4, 3, 3),
]


def test_weights_and_indices():
    """Returns weights, of the dtype of x, and int64 indices, both (T, k)."""
    x, w, bias = (t.float() for t in drawn(7, 5, 6))
    result = deepseek_gate(x, w, bias, 2)
    assert isinstance(result, tuple), f"expected the tuple (weights, idx), got a {type(result).__name__}"
    weights, idx = result
    assert_shape(weights, (7, 2), label="weights")
    assert_shape(idx, (7, 2), label="idx")
    assert weights.dtype == torch.float32, f"x of float32 gives weights of float32, got {weights.dtype}"
    assert idx.dtype == torch.int64, f"idx is int64, got {idx.dtype}"


@after("test_weights_and_indices")
def test_worked_example():
    """The example of the brief comes out as written."""
    scores = torch.tensor([[0.8, 0.6, 0.2, 0.4]]).double()
    weights, idx = deepseek_gate(*gate_for(scores), torch.tensor([0, -0.5, 0.5, 0]).double(), 2)
    assert_close(
        dense(weights, idx, 4), torch.tensor([[0.8, 0, 0.2, 0]]).double(), label="weight of each expert"
    )


@after("test_weights_and_indices")
@pytest.mark.parametrize(("tokens", "width", "experts", "k", "groups", "allowed"), SETTINGS)
@pytest.mark.parametrize("level", [0.0, -3.0], ids=["mild biases", "negative biases"])
def test_who_is_chosen(tokens, width, experts, k, groups, allowed, level):
    """The k largest scores with bias are chosen, within the groups with the largest two together."""
    x, w, bias = drawn(tokens, width, experts)
    bias = bias + level
    expected, _ = by_hand(x, w, bias, k, groups, allowed, 1.0)
    _, idx = deepseek_gate(x, w, bias, k, groups, allowed)
    assert_close(idx.sort(dim=1).values, expected, label="idx, sorted")


@after("test_who_is_chosen")
@pytest.mark.parametrize(("tokens", "width", "experts", "k", "groups", "allowed"), SETTINGS)
@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_weights_are_scores_without_the_bias(tokens, width, experts, k, groups, allowed, scale):
    """The weights are the chosen scores without bias, over their sum, times the scale."""
    x, w, bias = drawn(tokens, width, experts)
    _, expected = by_hand(x, w, bias, k, groups, allowed, scale)
    weights, idx = deepseek_gate(x, w, bias, k, groups, allowed, scale)
    assert_close(dense(weights, idx, experts), expected, label="weight of each expert", rtol=1e-9, atol=1e-9)


@after("test_weights_and_indices")
def test_a_group_is_as_good_as_its_two_best():
    """A group with one excellent and otherwise poor experts loses against one with two good ones."""
    scores = torch.tensor([[0.9, 0.1, 0.1, 0.6, 0.7, 0.1]]).double()
    _, idx = deepseek_gate(*gate_for(scores), torch.zeros(6).double(), 2, n_groups=2, topk_groups=1)
    assert_close(idx.sort(dim=1).values, torch.tensor([[3, 4]]), label="idx, sorted")
    scores = torch.tensor(
        [[0.5, 0.5, 0.5, 0.8, 0.4, 0.1]]
    ).double()  # 1.0 against 1.2, although 1.5 against 1.3
    _, idx = deepseek_gate(*gate_for(scores), torch.zeros(6).double(), 2, n_groups=2, topk_groups=1)
    assert_close(idx.sort(dim=1).values, torch.tensor([[3, 4]]), label="idx, sorted")


@after("test_weights_are_scores_without_the_bias")
def test_tiny_scores_keep_their_ratio():
    """Scores around 1e-20 have the weights of their ratio, whatever the bias is."""
    scores = torch.tensor([[3e-20, 1e-20, 5e-20, 2e-20]]).double()
    x, w = gate_for(scores)
    weights, idx = deepseek_gate(x, w, torch.tensor([1.0, 2.0, 0.0, 0.5]).double(), 2)
    assert_close(
        dense(weights, idx, 4), torch.tensor([[0.75, 0.25, 0, 0]]).double(), label="weight of each expert"
    )


@after("test_weights_and_indices")
@pytest.mark.parametrize(("groups", "allowed"), [(1, 1), (3, 2)])
def test_ties(groups, allowed):
    """Where all scores tie, k different experts of allowed groups are chosen, with equal weights."""
    weights, idx = deepseek_gate(
        torch.zeros(5, 4), torch.zeros(6, 4), torch.zeros(6), 3, n_groups=groups, topk_groups=allowed
    )
    for row in idx.tolist():
        assert len(set(row)) == 3, f"three different experts are chosen, got {row}"
        used = {expert // (6 // groups) for expert in row}
        assert len(used) <= allowed, f"at most {allowed} groups are used, got {sorted(used)}"
    assert_close(weights, torch.full((5, 3), 1 / 3).double(), label="weights")


@after("test_who_is_chosen")
def test_groups_that_tie():
    """Of two groups that tie one is used, where one may be.

    Pins: "a token may use `topk_groups` of them only".
    """
    logits = torch.tensor([[-1.0, 2, 1, 0, -1, 2, 1, 0]])
    _, idx = deepseek_gate(torch.ones(1, 1), logits.T, torch.zeros(8), 2, n_groups=2, topk_groups=1)
    used = {expert // 4 for expert in idx[0].tolist()}
    assert len(used) == 1, f"of two groups that tie one is used, got the experts {idx[0].tolist()}"


@after("test_weights_and_indices")
def test_no_tokens():
    """No tokens give two empty tensors of shape (0, k).

    Pins: "$T = 0$ gives".
    """
    weights, idx = deepseek_gate(torch.zeros(0, 4), torch.randn(6, 4), torch.zeros(6), 2, 3, 2)
    assert_shape(weights, (0, 2), label="weights")
    assert_shape(idx, (0, 2), label="idx")


@after("test_weights_are_scores_without_the_bias")
@pytest.mark.parametrize(("tokens", "width", "experts", "k", "groups", "allowed"), SETTINGS)
def test_the_gradients(tokens, width, experts, k, groups, allowed):
    """x and w receive the gradients of the normalised scores, the bias none."""
    x, w, bias = drawn(tokens, width, experts)
    worth = torch.randn(tokens, experts).double()
    chosen = by_hand(x, w, bias, k, groups, allowed, 1.0)[1] > 0
    leaves = [x.clone().requires_grad_(), w.clone().requires_grad_()]
    scores = 1 / (1 + (-(leaves[0] @ leaves[1].T)).exp()) * chosen
    loss = (2.5 * scores / scores.sum(dim=1, keepdim=True) * worth).sum()
    by_x, by_w = torch.autograd.grad(loss, leaves)
    x, w, bias = (t.clone().requires_grad_() for t in (x, w, bias))
    weights, idx = deepseek_gate(x, w, bias, k, groups, allowed, 2.5)
    (weights * worth.gather(1, idx)).sum().backward()
    assert x.grad is not None, "no gradient reaches x"
    assert_close(x.grad, by_x, label="gradient of x", rtol=1e-8, atol=1e-10)
    assert_close(w.grad, by_w, label="gradient of w", rtol=1e-8, atol=1e-10)
    assert bias.grad is None or not bias.grad.any(), (
        "the bias gets a gradient: it may take part in the choice only"
    )


@after("test_weights_are_scores_without_the_bias")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, w, bias = drawn(5, 4, 6)
    x, w = x.T.contiguous().T, w.T.contiguous().T
    _, expected = by_hand(x, w, bias, 2, 3, 2, 1.0)
    weights, idx = deepseek_gate(x, w, bias, 2, 3, 2)
    assert_close(dense(weights, idx, 6), expected, label="weight of each expert", rtol=1e-9, atol=1e-9)


@after("test_weights_and_indices")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    x, w, bias = drawn(5, 4, 6)
    _, expected = by_hand(x, w, bias, 2, 3, 2, 1.0)
    with unchanged(x, w, bias), rng_unchanged():
        answers = [deepseek_gate(x, w, bias, 2, 3, 2) for _ in range(2)]
    for weights, idx in answers:
        assert_close(dense(weights, idx, 6), expected, label="weight of each expert", rtol=1e-9, atol=1e-9)


def drawn(tokens, width, experts):
    """x, w and bias, in float64."""
    return [torch.randn(shape).double() for shape in ((tokens, width), (experts, width), (experts,))]


def gate_for(scores):
    """x and w whose sigmoid gives these scores for one token."""
    return torch.ones(1, 1).double(), (scores / (1 - scores)).log().T


def by_hand(x, w, bias, k, groups, allowed, scale):
    """The sorted choice (T, k) and the weight of every expert (T, E), token by token."""
    choices, rows = [], []
    for logits in (x @ w.T).tolist():
        scores = [1 / (1 + math.exp(-logit)) for logit in logits]
        deciding = [s + b for s, b in zip(scores, bias.tolist(), strict=True)]
        size = len(scores) // groups
        blocks = [range(g * size, (g + 1) * size) for g in range(groups)]
        blocks.sort(key=lambda block: -sum(sorted((deciding[i] for i in block), reverse=True)[:2]))
        possible = [i for block in blocks[:allowed] for i in block]
        chosen = sorted(possible, key=lambda i: -deciding[i])[:k]
        total = sum(scores[i] for i in chosen)
        choices.append(sorted(chosen))
        rows.append([scale * s / total if i in chosen else 0.0 for i, s in enumerate(scores)])
    return torch.tensor(choices), torch.tensor(rows, dtype=torch.float64)


def dense(weights, idx, experts):
    """The weight of every expert for every token, zero for the others."""
    return torch.zeros(len(weights), experts, dtype=weights.dtype).scatter_add(1, idx, weights)
