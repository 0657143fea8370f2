"""The bias moves by gamma against the load of each expert, in place and outside of autograd.

Letters: tokens T, experts E. Expected values are a loop over the experts, computed before the call.
"""

import pytest
import torch
from submission import update_bias
from torch import nn

from ml_katas.testing import after, assert_close, rng_unchanged, unchanged

# T, E, k: all different, as many tokens as experts, more experts than choices.
SIZES = [(9, 4, 2), (3, 8, 1), (5, 5, 3), (40, 6, 2)]


def test_the_bias_itself_is_changed():
    """The tensor that was given is changed in place, and None is returned."""
    bias = torch.zeros(3)
    result = update_bias(bias, torch.tensor([[0], [0], [1]]), 0.5)
    assert result is None, f"update_bias returns None, got a {type(result).__name__}"
    assert bias.any(), "the bias that was given is as it was: change it in place"


@after("test_the_bias_itself_is_changed")
def test_worked_example():
    """The example of the brief comes out as written."""
    bias = torch.zeros(4)
    update_bias(bias, torch.tensor([[0, 1], [0, 2], [0, 1]]), 0.1)
    assert_close(bias, torch.tensor([-0.1, -0.1, 0.1, 0.1]).double(), label="bias")


@after("test_the_bias_itself_is_changed")
@pytest.mark.parametrize(("tokens", "experts", "k"), SIZES)
@pytest.mark.parametrize("gamma", [0.001, 0.25, 0.0])
def test_each_bias_moves_against_its_load(tokens, experts, k, gamma):
    """Each bias goes down by gamma above the mean load, up below it, and stays on it."""
    bias, idx = torch.randn(experts).double(), routes(tokens, experts, k)
    expected = bias + gamma * directions(idx, experts)
    update_bias(bias, idx, gamma)
    assert_close(bias, expected, label="bias", rtol=1e-12, atol=1e-12)


@after("test_the_bias_itself_is_changed")
def test_a_thousandth_by_default():
    """Without gamma the step is 0.001.

    Pins: "gamma=0.001".
    """
    bias = torch.zeros(2).double()
    update_bias(bias, torch.tensor([[0], [0]]))
    assert_close(bias, torch.tensor([-0.001, 0.001]).double(), label="bias")


@after("test_the_bias_itself_is_changed")
def test_how_unequal_does_not_matter():
    """The step is as large for an expert with a thousand tokens as for one with one too many."""
    bias, idx = torch.zeros(4).double(), torch.tensor([[0]] * 1000 + [[1]] * 251 + [[2]] * 1)
    update_bias(bias, idx, 0.1)
    assert_close(bias.abs(), torch.full((4,), 0.1).double(), label="size of each step")


@after("test_the_bias_itself_is_changed")
@pytest.mark.parametrize("case", ["equal loads", "no tokens", "one on the mean"])
def test_who_is_left_alone(case):
    """Equal loads, and no tokens, change nothing; an expert with exactly the mean load stays."""
    idx = {
        "equal loads": torch.tensor([[0, 1], [2, 0], [1, 2]]),
        "no tokens": torch.zeros(0, 2, dtype=torch.int64),
        "one on the mean": torch.tensor([[0], [0], [0], [1], [1], [2]]),
    }[case]
    bias = torch.tensor([1.0, 2.0, 3.0]).double()
    expected = bias + 0.5 * directions(idx, 3)
    update_bias(bias, idx, 0.5)
    assert_close(bias, expected, label="bias")


@after("test_each_bias_moves_against_its_load")
def test_a_parameter_keeps_what_it_is():
    """A parameter is changed too, stays a leaf, and keeps the gradient that it holds."""
    bias = nn.Parameter(torch.zeros(3))
    bias.grad = torch.tensor([1.0, 2.0, 3.0])
    for _ in range(2):
        update_bias(bias, torch.tensor([[0], [0], [1]]), 0.25)
    assert_close(bias.detach(), torch.tensor([-0.5, 0.0, 0.5]).double(), label="bias after two steps")
    assert bias.is_leaf, "the bias is no leaf any more: autograd recorded the step"
    assert_close(bias.grad, torch.tensor([1.0, 2.0, 3.0]).double(), label="bias.grad")


@after("test_each_bias_moves_against_its_load")
def test_it_balances_a_router():
    """Repeated updates bring the loads of a lopsided router close to each other.

    Pins: "That is the whole of the balancing".
    """
    scores = torch.rand(400, 4).double() + torch.tensor([0.6, 0.3, 0.0, 0.0])
    bias = torch.zeros(4).double()
    for _ in range(80):
        update_bias(bias, (scores + bias).topk(1, dim=1).indices, 0.02)
    load = (scores + bias).argmax(dim=1).bincount(minlength=4)
    assert load.max() < 160, (
        f"after 80 updates the loads of 400 tokens should be near 100 each, got {load.tolist()}"
    )


@after("test_each_bias_moves_against_its_load")
def test_idx_may_be_non_contiguous():
    """idx may have any memory layout.

    Pins: "may have any memory layout".
    """
    bias, idx = torch.zeros(5).double(), routes(7, 5, 3).T.contiguous().T
    expected = 0.1 * directions(idx, 5)
    update_bias(bias, idx, 0.1)
    assert_close(bias, expected, label="bias")


@after("test_the_bias_itself_is_changed")
def test_nothing_else_happens():
    """idx stays as it was, and no random number is drawn."""
    bias, idx = torch.zeros(4), routes(7, 4, 2)
    with unchanged(idx), rng_unchanged():
        update_bias(bias, idx, 0.1)


def routes(tokens, experts, k):
    """k different experts for each token, some experts more often than others."""
    return (torch.rand(tokens, experts) + torch.linspace(0, 0.7, experts)).topk(k, dim=1).indices


def directions(idx, experts):
    """1 below the mean load, -1 above, 0 on it, in whole numbers."""
    loads = [idx.flatten().tolist().count(expert) for expert in range(experts)]
    total = sum(loads)  # load < total / experts, without dividing
    signs = [(load * experts < total) - (load * experts > total) for load in loads]
    return torch.tensor(signs, dtype=torch.float64)
