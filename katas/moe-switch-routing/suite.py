"""Switch routing sends each token to its best expert, weighed by its probability, if that has a place left.

Letters: tokens T, width D, experts E. Values are compared in float64, where rounding decides no choice.
Expected values are a loop over the tokens with a counter for each expert, computed before the call.
"""

import math

import pytest
import torch
from submission import switch_layer

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, spy, unchanged

# T, D, E, capacity factor: places rounded and not, too few and enough; as many tokens as experts.
SETTINGS = [(10, 3, 4, 1.0), (7, 4, 3, 1.25), (5, 2, 5, 1.0), (12, 5, 4, 0.5), (9, 3, 2, 4.0), (1, 3, 4, 0.1)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_output_and_dropped_tokens(dtype):
    """Returns y (T, D), of the dtype of x, and dropped (T,), bool."""
    x, logits, weights = (t.to(dtype) for t in drawn(6, 3, 4))
    result = switch_layer(x, logits, functions(weights))
    assert isinstance(result, tuple), f"expected the tuple (y, dropped), got a {type(result).__name__}"
    y, dropped = result
    assert_shape(y, (6, 3), label="y")
    assert y.dtype == dtype, f"x of {dtype} gives y of {dtype}, got {y.dtype}"
    assert_shape(dropped, (6,), label="dropped")
    assert dropped.dtype == torch.bool, f"dropped is bool, got {dropped.dtype}"


@after("test_output_and_dropped_tokens")
def test_worked_example():
    """The example of the brief comes out as written."""
    x, logits = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[math.log(3), 0.0]] * 3)
    y, dropped = switch_layer(x, logits, [lambda t: 10 * t, lambda t: -t], 1.0)
    assert_close(y, torch.tensor([[7.5], [15.0], [0.0]]).double(), label="y")
    assert_close(dropped, torch.tensor([False, False, True]), label="dropped")


@after("test_output_and_dropped_tokens")
@pytest.mark.parametrize(("tokens", "width", "experts", "factor"), SETTINGS)
def test_who_is_dropped(tokens, width, experts, factor):
    """Each expert has ceil(T / E * factor) places, given in the order of the tokens; the rest is dropped."""
    x, logits, weights = drawn(tokens, width, experts)
    expected = torch.tensor([not kept for kept in kept_by_hand(logits, factor)])
    _, dropped = switch_layer(x, logits, functions(weights), factor)
    assert_close(dropped, expected, label="dropped")


@after("test_who_is_dropped")
def test_a_quarter_more_places_by_default():
    """Without a factor there are 1.25 times as many places as tokens per expert.

    Pins: "capacity_factor=1.25".
    """
    x, logits = torch.randn(8, 2), torch.tensor([[5.0, 0.0, 0.0, 0.0]] * 8)
    _, dropped = switch_layer(x, logits, [lambda t: t] * 4)
    assert_close(dropped, torch.arange(8) >= 3, label="dropped")


@after("test_who_is_dropped")
@pytest.mark.parametrize(("tokens", "width", "experts", "factor"), SETTINGS)
def test_the_output_is_the_definition(tokens, width, experts, factor):
    """A kept token gets the answer of its best expert times its probability, a dropped one 0."""
    x, logits, weights = drawn(tokens, width, experts)
    expected = output_by_hand(x, logits, weights, factor)
    y, _ = switch_layer(x, logits, functions(weights), factor)
    assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_output_and_dropped_tokens")
def test_experts_see_what_they_keep():
    """Each expert is called once with the tokens that it keeps, and not at all without any."""
    x, logits, weights = drawn(9, 3, 4)
    logits[:, 3] = -9.0  # nobody's choice
    kept, choice = kept_by_hand(logits, 0.8), logits.argmax(dim=1).tolist()
    expected = [sum(k for k, c in zip(kept, choice, strict=True) if c == i) for i in range(4)]
    spies = [spy(function) for function in functions(weights)]
    switch_layer(x, logits, spies, 0.8)
    rows = [sum(each.rows) for each in spies]
    assert rows == expected, f"the experts should see {expected} rows, they saw {rows}"
    calls = [each.calls for each in spies]
    assert calls == [min(n, 1) for n in expected], f"each expert is called once or not at all, got {calls}"


@after("test_output_and_dropped_tokens")
def test_ties_give_one_expert():
    """Where all logits tie, each token goes to one expert, with the probability 1 / E.

    Pins: "each token still goes to one expert".
    """
    x = torch.ones(3, 2)
    y, dropped = switch_layer(x, torch.zeros(3, 4), [lambda t: t] * 4, 8.0)
    assert_close(y, torch.full((3, 2), 0.25).double(), label="y")
    assert not dropped.any(), "with eight times the places nobody is dropped"


@after("test_output_and_dropped_tokens")
def test_no_tokens():
    """No tokens give empty results.

    Pins: "**No tokens** give empty results".
    """
    y, dropped = switch_layer(torch.zeros(0, 3), torch.zeros(0, 4), [lambda t: t] * 4)
    assert_shape(y, (0, 3), label="y")
    assert_shape(dropped, (0,), label="dropped")


@after("test_the_output_is_the_definition")
@pytest.mark.parametrize(("tokens", "width", "experts", "factor"), SETTINGS[:4])
def test_the_gradients(tokens, width, experts, factor):
    """Logits, x and experts receive the gradients of the definition, dropped tokens 0."""
    values = drawn(tokens, width, experts)
    worth = torch.randn(tokens, width).double()
    leaves = [value.clone().requires_grad_() for value in values]
    expected = torch.autograd.grad((definition(*leaves, factor) * worth).sum(), leaves)
    x, logits, weights = (value.clone().requires_grad_() for value in values)
    y, _ = switch_layer(x, logits, functions(weights), factor)
    (y * worth).sum().backward()
    for leaf, gradient, name in zip(
        (x, logits, weights), expected, ("x", "logits", "the experts"), strict=True
    ):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-8, atol=1e-10)


@after("test_the_output_is_the_definition")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, logits, weights = drawn(8, 3, 4)
    x, logits = x.T.contiguous().T, logits.T.contiguous().T
    expected = output_by_hand(x, logits, weights, 1.0)
    y, _ = switch_layer(x, logits, functions(weights), 1.0)
    assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_output_and_dropped_tokens")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    x, logits, weights = drawn(8, 3, 4)
    expected = output_by_hand(x, logits, weights, 1.25)
    with unchanged(x, logits), rng_unchanged():
        answers = [switch_layer(x, logits, functions(weights))[0] for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


def drawn(tokens, width, experts):
    """x, logits that prefer some experts, and a weight for each expert, in float64."""
    logits = torch.randn(tokens, experts) + torch.linspace(1, 0, experts)
    return torch.randn(tokens, width).double(), logits.double(), torch.randn(experts, width, width).double()


def functions(weights):
    """Experts that are not linear."""
    return [lambda t, weight=weight: torch.tanh(t @ weight) + 1 for weight in weights]


def kept_by_hand(logits, factor):
    """Whether each token finds a place, one after the other."""
    places = [math.ceil(len(logits) / logits.shape[1] * factor)] * logits.shape[1]
    kept = []
    for best in logits.argmax(dim=1).tolist():
        kept.append(places[best] > 0)
        places[best] -= kept[-1]
    return kept


def output_by_hand(x, logits, weights, factor):
    """The definition, token by token."""
    y = torch.zeros_like(x)
    for t, kept in enumerate(kept_by_hand(logits, factor)):
        row = logits[t].tolist()
        best = row.index(max(row))
        chance = 1 / sum(math.exp(logit - row[best]) for logit in row)
        if kept:
            y[t] = chance * (torch.tanh(x[t] @ weights[best]) + 1)
    return y


def definition(x, logits, weights, factor):
    """The formula for autograd, with every expert on every token and a mask for those that count."""
    best = logits.argmax(dim=1)
    counts = torch.zeros_like(logits)
    counts[torch.arange(len(x)), best] = torch.tensor(kept_by_hand(logits, factor)).double()
    powers = logits.exp()
    answers = torch.tanh(torch.einsum("td,edo->teo", x, weights)) + 1
    return torch.einsum("te,teo->to", counts * powers / powers.sum(dim=1, keepdim=True), answers)
