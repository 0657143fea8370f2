"""One step with the gradient of the mean over all tokens, however they are cut into micro-batches.

Tokens are pairs of an input and a target; expected values are the definition on the whole batch, computed
by a copy of the model before the call.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from submission import accumulated_step
from torch import nn

from ml_katas.testing import after, assert_close, rng_unchanged, unchanged

# Tokens in each micro-batch: equal, very unequal, a single one, single tokens, none among others.
CUTS = [[3, 3], [6, 1], [1, 2, 5], [4], [1, 1, 1], [3, 0, 2], [0, 4]]


@dataclass
class Optimiser:
    """What a submission sees of an optimiser."""

    zero_grad: Callable[[], None]
    step: Callable[[], None]


def test_the_result_is_a_float():
    """The result is the loss as a float."""
    model, batches = drawn([3, 1])
    result = accumulated_step(model, watched(model, []), batches, squares)
    assert isinstance(result, float), f"the result is a float, got a {type(result).__name__}"


@after("test_the_result_is_a_float")
def test_worked_example():
    """The example of the brief comes out as written."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    batches = [torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[10.0]])]
    result = accumulated_step(model, watched(model, []), batches, lambda net, x: (net(x).sum(), len(x)))
    assert_close(model.weight, torch.tensor([[0.6]], dtype=torch.float64), label="w after the step")
    assert_close(torch.tensor(result), torch.tensor(4.0, dtype=torch.float64), label="the loss")


@after("test_the_result_is_a_float")
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_the_step_is_that_of_the_whole_batch(cut):
    """The parameters after the step are those after a step on all tokens at once."""
    model, batches = drawn(cut)
    expected, _ = by_hand(model, batches)
    accumulated_step(model, watched(model, []), batches, squares)
    compare(model, expected)


@after("test_the_result_is_a_float")
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_the_result_is_the_mean_loss(cut):
    """The result is the mean loss over all tokens, before the step."""
    model, batches = drawn(cut)
    _, expected = by_hand(model, batches)
    result = accumulated_step(model, watched(model, []), batches, squares)
    loss = torch.tensor(result, dtype=torch.float64)
    assert_close(loss, expected, label="the loss", rtol=1e-9, atol=1e-9)


@after("test_the_step_is_that_of_the_whole_batch")
def test_old_gradients_do_not_count():
    """Gradients that are there before, and those of the step before, do not count."""
    model, batches = drawn([2, 3])
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    for step in range(3):
        expected, _ = by_hand(model, batches)
        accumulated_step(model, watched(model, []), batches, squares)
        compare(model, expected, f" after step {step + 1}")


@after("test_the_result_is_a_float")
def test_one_step_at_the_end():
    """loss_sum_fn is called once for each micro-batch, in order, and one step is taken after all of them."""
    model, batches = drawn([2, 1, 3])
    calls = []

    def noted(net, batch):
        calls.append(len(batch[0]))
        return squares(net, batch)

    accumulated_step(model, watched(model, calls), batches, noted)
    assert [call for call in calls if call != "zero"] == [2, 1, 3, "step"], (
        f"loss_sum_fn for 2, 1 and 3 tokens, then one step; got {calls}"
    )


@after("test_the_step_is_that_of_the_whole_batch")
def test_graphs_are_gone():
    """Each micro-batch's gradients are computed before the next one is looked at."""
    model, batches = drawn([2, 1, 3])
    calls = []

    def noted(net, batch):
        calls.append(len(batch[0]))
        loss, count = squares(net, batch)
        loss.register_hook(lambda _: calls.append("backward"))
        return loss, count

    accumulated_step(model, watched(model, []), batches, noted)
    assert calls == [2, "backward", 1, "backward", 3, "backward"], (
        f"after each micro-batch its backward, before the next is looked at; got {calls}"
    )


@after("test_the_step_is_that_of_the_whole_batch")
def test_a_generator_will_do():
    """micro_batches may be a generator, which can be gone through once."""
    model, batches = drawn([2, 1, 3])
    expected, _ = by_hand(model, batches)
    accumulated_step(model, watched(model, []), (batch for batch in batches), squares)
    compare(model, expected)


@after("test_the_result_is_a_float")
def test_no_tokens():
    """Where there are no tokens at all a ValueError is raised, and no step is taken."""
    model, batches = drawn([0, 0])
    before = [p.detach().clone() for p in model.parameters()]
    calls = []
    with pytest.raises(ValueError):  # noqa: PT011 - the words are free
        accumulated_step(model, watched(model, calls), batches, squares)
    assert "step" not in calls, "without tokens no step is taken"
    compare(model, before)


@after("test_the_step_is_that_of_the_whole_batch")
def test_parameters_that_are_not_used():
    """A parameter that no loss depends on stays as it is, and is no error."""
    model, batches = drawn([2, 3])
    net = nn.ModuleDict({"used": model, "idle": nn.Linear(2, 2)})
    idle = net["idle"].weight.detach().clone()
    expected, _ = by_hand(model, batches)
    accumulated_step(net, watched(net, []), batches, lambda whole, batch: squares(model, batch))
    compare(model, expected)
    assert_close(net["idle"].weight, idle.double(), label="a parameter that is not used")


@after("test_the_result_is_a_float")
def test_nothing_else_happens():
    """The micro-batches stay as they were, and no random number is drawn."""
    model, batches = drawn([2, 3])
    _, expected = by_hand(model, batches)
    with unchanged(*[tensor for batch in batches for tensor in batch]), rng_unchanged():
        result = accumulated_step(model, watched(model, []), batches, squares)
    loss = torch.tensor(result, dtype=torch.float64)
    assert_close(loss, expected, label="the loss", rtol=1e-9, atol=1e-9)


def drawn(cut):
    """A linear model in float64, and micro-batches of so many tokens, the later ones larger in value."""
    model = nn.Linear(3, 2).double()
    batches = [
        (torch.randn(n, 3).double() + place, torch.randn(n, 2).double()) for place, n in enumerate(cut)
    ]
    return model, batches


def squares(net, batch):
    """The sum of squared errors and the number of tokens."""
    x, target = batch
    return (net(x) - target).square().sum(), len(x)


def watched(model, calls):
    """SGD, of which the submission sees two methods; the calls are noted."""
    opt = torch.optim.SGD(model.parameters(), lr=0.1)

    def zero_grad():
        calls.append("zero")
        opt.zero_grad()

    def step():
        calls.append("step")
        opt.step()

    return Optimiser(zero_grad, step)


def by_hand(model, batches):
    """The parameters after a step on all tokens at once, and the mean loss before it."""
    whole = copy.deepcopy(model)
    total, count = squares(whole, tuple(torch.cat(parts) for parts in zip(*batches, strict=True)))
    loss = total / count
    gradients = torch.autograd.grad(loss, list(whole.parameters()))
    stepped = [p.detach() - 0.1 * g for p, g in zip(whole.parameters(), gradients, strict=True)]
    return stepped, loss.detach()


def compare(model, expected, when=" after the step"):
    """Each parameter."""
    for (name, p), right in zip(model.named_parameters(), expected, strict=True):
        assert_close(p.detach(), right, label=f"{name}{when}", rtol=1e-9, atol=1e-9)
