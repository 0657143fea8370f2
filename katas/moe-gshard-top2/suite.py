"""GShard's gate places first choices, then second ones by chance, and returns weights by expert and place.

Letters: tokens S, experts E, places C. Values are compared in float64, where rounding decides no choice.
Expected values are algorithm 1 as a loop over the tokens, computed before the call.
"""

import math

import pytest
import torch
from submission import gshard_top2

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# S, E, C: all different; as many tokens as experts; a single place, plenty; two experts, one token.
SETTINGS = [(9, 4, 3), (5, 5, 2), (12, 3, 1), (4, 6, 7), (7, 2, 4), (1, 3, 2)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_combine_weights_and_loss(dtype):
    """Returns combine weights (S, E, C), of the dtype of the logits, and a loss of no axes."""
    result = gshard_top2(torch.randn(6, 4, dtype=dtype), 3, torch.rand(6))
    assert isinstance(result, tuple), f"expected the tuple (combine, loss), got a {type(result).__name__}"
    combine, loss = result
    assert_shape(combine, (6, 4, 3), label="combine")
    assert_shape(loss, (), label="loss")
    assert combine.dtype == dtype, f"logits of {dtype} give combine weights of {dtype}, got {combine.dtype}"


@after("test_combine_weights_and_loss")
def test_worked_example():
    """The example of the brief comes out as written."""
    gates = torch.tensor([[0.6, 0.3, 0.1], [0.5, 0.4, 0.1]])
    combine, loss = gshard_top2(gates.log(), 1, torch.tensor([0.5, 0.95]))
    expected = torch.zeros(2, 3, 1).double()
    expected[0, 0, 0], expected[0, 1, 0] = 2 / 3, 1 / 3
    assert_close(combine, expected, label="combine")
    assert_close(loss, torch.tensor(0.55 / 3).double(), label="loss")


@after("test_combine_weights_and_loss")
@pytest.mark.parametrize(("tokens", "experts", "capacity"), SETTINGS)
def test_combine_weights_are_the_algorithm(tokens, experts, capacity):
    """Each weight stands at the token, expert and place of algorithm 1."""
    logits, u = drawn(tokens, experts)
    expected, _ = by_hand(logits, capacity, u)
    combine, _ = gshard_top2(logits, capacity, u)
    assert_close(combine, expected, label="combine", rtol=1e-9, atol=1e-9)


@after("test_combine_weights_and_loss")
@pytest.mark.parametrize(("tokens", "experts", "capacity"), SETTINGS)
def test_the_loss_is_the_algorithm(tokens, experts, capacity):
    """The loss is the mean over experts of share of first choices times mean gate."""
    logits, u = drawn(tokens, experts)
    _, expected = by_hand(logits, capacity, u)
    _, loss = gshard_top2(logits, capacity, u)
    assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_combine_weights_and_loss")
def test_first_choices_come_first():
    """No second choice takes the place of a first one, and second choices stand behind them."""
    logits = torch.tensor([[2.0, 3.0, 0.0]] * 3 + [[3.0, 0.0, 2.0]] * 3).double()
    combine, _ = gshard_top2(logits, 3, torch.zeros(6))
    assert (combine[3:, 0].sum(dim=1) > 0).all(), "all first choices of expert 0 have a place"
    assert not combine[:3, 0].any(), "expert 0 is full of first choices: second ones are dropped"
    expected, _ = by_hand(logits, 5, torch.zeros(6))
    combine, _ = gshard_top2(logits, 5, torch.zeros(6))
    assert_close(combine, expected, label="combine with two more places", rtol=1e-9, atol=1e-9)


@after("test_combine_weights_and_loss")
def test_what_survives_keeps_its_weight():
    """Where a first choice is dropped, the second keeps its weight, and the sum stays below 1."""
    logits = torch.tensor([[2.0, 1.0, 0.0], [2.0, 0.0, 1.0]]).double()
    combine, _ = gshard_top2(logits, 1, torch.zeros(2))
    small = 1 / (1 + math.e)
    expected = torch.tensor([1.0, small]).double()
    assert_close(combine.sum(dim=(1, 2)), expected, label="sum of each token's weights")


@after("test_combine_weights_and_loss")
def test_random_routing():
    """A second choice takes part where twice its weight is above u, and otherwise leaves its place free."""
    logits = torch.tensor([[math.log(3), 0.0, -9.0], [math.log(3), 0.0, -9.0]]).double()  # weights 0.75, 0.25
    combine, _ = gshard_top2(logits, 2, torch.tensor([0.6, 0.4]))
    assert not combine[0, 1].any(), "2 · 0.25 is not above 0.6: token 0 does not go to its second expert"
    assert_close(combine[1, 1], torch.tensor([0.25, 0.0]).double(), label="places of expert 1", atol=1e-4)
    never, _ = gshard_top2(logits, 2, torch.ones(2))
    assert not never[:, 1].any(), "with u = 1 a weight of 0.25 is never enough"
    even, _ = gshard_top2(torch.tensor([[0.0, 0.0, -9.0]]).double(), 2, torch.ones(1).double())
    assert int((even > 0).sum()) == 1, "2 · 0.5 is not above 1: a token with equal weights goes to one expert"
    always, _ = gshard_top2(logits, 2, torch.zeros(2))
    assert (always[:, 1].sum(dim=1) > 0).all(), "with u = 0 every second choice takes part"


@after("test_combine_weights_and_loss")
def test_counters_rise_on_overflow():
    """Places are handed out on and on: a choice behind the capacity never gets an earlier place."""
    logits = torch.tensor([[3.0, 0.0, -9.0]] * 5).double()
    expected, _ = by_hand(logits, 2, torch.ones(5))
    combine, _ = gshard_top2(logits, 2, torch.ones(5))
    assert_close(combine, expected, label="combine", rtol=1e-9, atol=1e-9)


@after("test_combine_weights_and_loss")
def test_ties_give_two_different_experts():
    """Where all logits tie, each token has two different experts with the weight one half each.

    Pins: "with two different experts".
    """
    combine, _ = gshard_top2(torch.zeros(4, 3), 9, torch.zeros(4))
    per_expert = combine.sum(dim=2)
    assert ((per_expert > 0).sum(dim=1) == 2).all(), "each token has two different experts"
    assert_close(per_expert.amax(dim=1), torch.full((4,), 0.5).double(), label="larger of the two weights")


@after("test_combine_weights_and_loss")
def test_no_tokens():
    """No tokens give (0, E, C) and the loss 0."""
    combine, loss = gshard_top2(torch.zeros(0, 3), 2, torch.zeros(0))
    assert_shape(combine, (0, 3, 2), label="combine")
    assert_close(loss, torch.zeros(()).double(), label="loss")


@after("test_combine_weights_are_the_algorithm", "test_the_loss_is_the_algorithm")
@pytest.mark.parametrize(("tokens", "experts", "capacity"), SETTINGS)
def test_the_gradients(tokens, experts, capacity):
    """The logits receive the gradient through the weights, and that of the loss through the mean gates."""
    logits, u = drawn(tokens, experts)
    expected, _ = by_hand(logits, capacity, u)
    worth = torch.randn(tokens, experts, capacity).double()
    leaf = logits.clone().requires_grad_()
    gates = leaf.exp() / leaf.exp().sum(dim=1, keepdim=True)
    pair = gates.topk(2, dim=1).values.sum(dim=1)
    kept = (expected > 0) * worth
    firsts = torch.bincount(logits.argmax(dim=1), minlength=experts).double()
    value = ((gates / pair.unsqueeze(1)).unsqueeze(2) * kept).sum()
    balance = (firsts / tokens * gates.mean(dim=0)).mean()
    (by_weights,) = torch.autograd.grad(value, leaf, retain_graph=True)
    (by_loss,) = torch.autograd.grad(balance, leaf)
    for result, gradient, what in ((0, by_weights, "combine"), (1, by_loss, "loss")):
        leaf = logits.clone().requires_grad_()
        answer = gshard_top2(leaf, capacity, u)[result]
        (answer * worth if result == 0 else answer).sum().backward()
        assert leaf.grad is not None, f"no gradient reaches the logits through {what}"
        assert_close(leaf.grad, gradient, label=f"gradient through {what}", rtol=1e-8, atol=1e-10)


@after("test_combine_weights_are_the_algorithm")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    logits, u = drawn(8, 4)
    logits, u = logits.T.contiguous().T, u.repeat_interleave(2)[::2]
    expected, _ = by_hand(logits, 3, u)
    combine, _ = gshard_top2(logits, 3, u)
    assert_close(combine, expected, label="combine", rtol=1e-9, atol=1e-9)


@after("test_combine_weights_and_loss")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    logits, u = drawn(8, 4)
    expected, _ = by_hand(logits, 3, u)
    with unchanged(logits, u), rng_unchanged():
        answers = [gshard_top2(logits, 3, u)[0] for _ in range(2)]
    for combine in answers:
        assert_close(combine, expected, label="combine", rtol=1e-9, atol=1e-9)


def drawn(tokens, experts):
    """Logits that prefer some experts, and random numbers, in float64."""
    logits = torch.randn(tokens, experts).double() + torch.linspace(1, 0, experts).double()
    return logits, torch.rand(tokens).double()


def by_hand(logits, capacity, u):
    """Algorithm 1, token by token."""
    tokens, experts = logits.shape
    combine = torch.zeros(tokens, experts, capacity, dtype=torch.float64)
    rows = []
    for row in logits.double().tolist():
        powers = [math.exp(x - max(row)) for x in row]
        rows.append([power / sum(powers) for power in powers])
    order = [sorted(range(experts), key=lambda e: -gates[e])[:2] for gates in rows]
    used, firsts = [0] * experts, [0] * experts
    for choice in (0, 1):
        for s, gates in enumerate(rows):
            expert = order[s][choice]
            weight = gates[expert] / (gates[order[s][0]] + gates[order[s][1]])
            if choice == 1 and not 2 * weight > u[s]:
                continue
            if used[expert] < capacity:
                combine[s, expert, used[expert]] = weight
            used[expert] += 1
            firsts[expert] += choice == 0
    loss = sum(firsts[e] / tokens * sum(g[e] for g in rows) / tokens for e in range(experts)) / experts
    return combine, torch.tensor(loss, dtype=torch.float64)
