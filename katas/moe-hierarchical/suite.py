"""In a hierarchical mixture gates are products, importance is their sum, and load scales with the group's.

Letters: tokens T, groups a, experts of a group b. Expected values are loops over plain floats, computed
before the call.
"""

import math

import pytest
import torch
from submission import hierarchical_gates, importance_h, load_h

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, a, b: all different; as many tokens as groups, as many groups as experts; one of each.
SIZES = [(7, 3, 4), (2, 5, 3), (4, 4, 4), (1, 2, 3), (6, 1, 5), (5, 3, 1)]


@pytest.mark.parametrize(("tokens", "groups", "experts"), SIZES)
def test_shapes(tokens, groups, experts):
    """Gates are (T, a, b), importance and load (a, b)."""
    primary, secondary, load = drawn(tokens, groups, experts)
    assert_shape(hierarchical_gates(primary, secondary), (tokens, groups, experts), label="gates")
    assert_shape(importance_h(primary, secondary), (groups, experts), label="importance")
    assert_shape(load_h(primary, load, secondary), (groups, experts), label="load")


@after("test_shapes")
def test_worked_example():
    """The example of the brief comes out as written."""
    primary = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    chances = torch.tensor([[[0.9, 0.2], [0.3, 0.8]], [[0.5, 0.4], [0.7, 0.1]]])
    load = load_h(primary, torch.tensor([1.8, 0.6]), chances)
    assert_close(load, torch.tensor([[1.26, 0.54], [0.42, 0.06]]).double(), label="load")


@after("test_shapes")
@pytest.mark.parametrize(("tokens", "groups", "experts"), SIZES)
def test_gates_are_products(tokens, groups, experts):
    """The gate of an expert is its group's primary gate times its secondary gate."""
    primary, secondary, _ = drawn(tokens, groups, experts)
    expected = torch.tensor(
        [
            [[p * g for g in row] for p, row in zip(ps, rows, strict=True)]
            for ps, rows in zip(primary.tolist(), secondary.tolist(), strict=True)
        ]
    ).double()
    assert_close(hierarchical_gates(primary, secondary), expected, label="gates", rtol=1e-6)


@after("test_gates_are_products")
def test_gates_of_a_token_sum_to_one():
    """Where both levels sum to 1, the gates of all experts of a token do.

    Pins: "the gate of every expert".
    """
    primary, secondary, _ = drawn(6, 3, 4)
    primary, secondary = (g / g.sum(dim=-1, keepdim=True) for g in (primary + 1, secondary))
    total = hierarchical_gates(primary, secondary).sum(dim=(1, 2))
    assert_close(total, torch.ones(6).double(), label="sum of each token's gates")


@after("test_gates_are_products")
@pytest.mark.parametrize(("tokens", "groups", "experts"), SIZES)
def test_importance_is_their_sum(tokens, groups, experts):
    """The importance of an expert is the sum of its gates over the tokens."""
    primary, secondary, _ = drawn(tokens, groups, experts)
    expected = torch.zeros(groups, experts).double()
    for t in range(tokens):
        for i in range(groups):
            expected[i] += primary[t, i] * secondary[t, i]
    assert_close(importance_h(primary, secondary), expected, label="importance", rtol=1e-10, atol=1e-10)


@after("test_shapes")
@pytest.mark.parametrize(("tokens", "groups", "experts"), SIZES)
def test_load_is_the_definition(tokens, groups, experts):
    """The load is that of the group times the mean probability over the group's own tokens."""
    primary, chances, load = drawn(tokens, groups, experts)
    expected = load_by_hand(primary, load, chances)
    assert_close(load_h(primary, load, chances), expected, label="load", rtol=1e-10, atol=1e-10)


@after("test_load_is_the_definition")
@pytest.mark.parametrize("rubbish", [math.nan, math.inf, 7.0], ids=str)
def test_only_the_groups_own_tokens_count(rubbish):
    """What stands in p_secondary for tokens outside of a group touches neither the load nor a gradient."""
    primary, chances, load = drawn(7, 3, 4)
    expected = load_by_hand(primary, load, chances)
    chances[primary == 0] = rubbish
    leaves = [load.requires_grad_(), chances.requires_grad_()]
    result = load_h(primary, *leaves)
    assert_close(result, expected, label="load", rtol=1e-10, atol=1e-10)
    result.sum().backward()
    for leaf, name in zip(leaves, ("load_primary", "p_secondary"), strict=True):
        assert leaf.grad.isfinite().all(), f"the gradient of {name} is finite"


@after("test_shapes")
def test_a_group_that_nobody_chose():
    """A group without tokens has the load 0, and no gradient that is not finite."""
    primary, chances, load = drawn(5, 3, 2)
    primary[:, 1] = 0
    expected = load_by_hand(primary, load, chances)
    leaf = load.clone().requires_grad_()
    result = load_h(primary, leaf, chances)
    assert_close(result, expected, label="load", rtol=1e-10, atol=1e-10)
    result.sum().backward()
    assert leaf.grad.isfinite().all(), "the gradient of load_primary is finite"


@after("test_shapes")
def test_no_tokens():
    """Without tokens gates are empty, importance and load 0."""
    primary, secondary, load = drawn(0, 3, 2)
    assert_shape(hierarchical_gates(primary, secondary), (0, 3, 2), label="gates")
    assert_close(importance_h(primary, secondary), torch.zeros(3, 2).double(), label="importance")
    assert_close(load_h(primary, load, secondary), torch.zeros(3, 2).double(), label="load")


@after("test_gates_are_products", "test_importance_is_their_sum", "test_load_is_the_definition")
@pytest.mark.parametrize(("tokens", "groups", "experts"), SIZES[:3])
def test_the_gradients(tokens, groups, experts):
    """All arguments receive the gradients of the formulas; the count of a group's tokens has none."""
    primary, secondary, load = drawn(tokens, groups, experts)
    worth, per_token = torch.randn(groups, experts).double(), torch.randn(tokens, groups, experts).double()
    member = (primary > 0).double()
    size = member.sum(dim=0).clamp(min=1)
    mean = (member.unsqueeze(2) * secondary).sum(dim=0) / size.unsqueeze(1)
    for function, upstream in ((hierarchical_gates, per_token), (importance_h, worth)):
        leaves = [primary.clone().requires_grad_(), secondary.clone().requires_grad_()]
        (function(*leaves) * upstream).sum().backward()
        spread = upstream.expand(tokens, groups, experts)
        name = function.__name__
        assert leaves[0].grad is not None, f"no gradient reaches primary through {name}"
        assert_close(leaves[0].grad, (spread * secondary).sum(dim=2), label=f"gradient of primary, {name}")
        assert_close(leaves[1].grad, spread * primary.unsqueeze(2), label=f"gradient of secondary, {name}")
    leaves = [load.clone().requires_grad_(), secondary.clone().requires_grad_()]
    (load_h(primary, *leaves) * worth).sum().backward()
    assert leaves[0].grad is not None, "no gradient reaches load_primary: the primary gate would not learn"
    assert_close(leaves[0].grad, (worth * mean).sum(dim=1), label="gradient of load_primary")
    by_chances = member.unsqueeze(2) * worth * (load / size).unsqueeze(1)
    assert_close(leaves[1].grad, by_chances, label="gradient of p_secondary")


@after("test_importance_is_their_sum", "test_load_is_the_definition")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    primary, chances, load = drawn(7, 3, 4)
    primary, chances = primary.T.contiguous().T, chances.transpose(0, 2).contiguous().transpose(0, 2)
    expected = load_by_hand(primary, load, chances)
    assert_close(load_h(primary, load, chances), expected, label="load", rtol=1e-10, atol=1e-10)


@after("test_shapes")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    primary, chances, load = drawn(7, 3, 4)
    expected = load_by_hand(primary, load, chances)
    with unchanged(primary, chances, load), rng_unchanged():
        hierarchical_gates(primary, chances)
        importance_h(primary, chances)
        answers = [load_h(primary, load, chances) for _ in range(2)]
    for answer in answers:
        assert_close(answer, expected, label="load", rtol=1e-10, atol=1e-10)


def drawn(tokens, groups, experts):
    """Sparse primary gates, secondary numbers from 0 to 1, and loads of the groups, in float64."""
    primary = torch.rand(tokens, groups).double() * (torch.rand(tokens, groups) < 0.6)
    primary[:, 0] += 0.1  # somebody is in the first group
    return primary, torch.rand(tokens, groups, experts).double(), torch.rand(groups).double() + 0.5


def load_by_hand(primary, load, chances):
    """The definition, group by group."""
    _, groups, experts = chances.shape
    result = torch.zeros(groups, experts, dtype=torch.float64)
    for i in range(groups):
        own = [t for t in range(len(primary)) if primary[t, i] > 0]
        for t in own:
            result[i] += load[i].item() * chances[t, i].double() / len(own)
    return result
