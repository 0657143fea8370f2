"""Each choice gets the next place of its expert; first choices of all tokens are counted before second ones.

Letters: tokens T, experts E, capacity C. Expected values are a loop with a counter for each expert, computed
before the call.
"""

import pytest
import torch
from submission import capacity_dispatch

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, E, k, C: all different, as many tokens as experts; one choice, as many as experts.
SETTINGS = [(9, 4, 2, 3), (3, 7, 1, 2), (5, 5, 3, 1), (6, 3, 3, 4), (20, 8, 2, 5)]


def test_position_and_keep():
    """Returns position, int64, and keep, bool, both (T, k)."""
    result = capacity_dispatch(routes(5, 4, 2), 4, 2)
    assert isinstance(result, tuple), f"expected the tuple (position, keep), got a {type(result).__name__}"
    position, keep = result
    assert_shape(position, (5, 2), label="position")
    assert_shape(keep, (5, 2), label="keep")
    assert position.dtype == torch.int64, f"position is int64, got {position.dtype}"
    assert keep.dtype == torch.bool, f"keep is bool, got {keep.dtype}"


@after("test_position_and_keep")
def test_worked_example():
    """The example of the brief comes out as written."""
    position, keep = capacity_dispatch(torch.tensor([[0, 1], [1, 0], [0, 1]]), 2, 2)
    assert_close(position, torch.tensor([[0, 1], [0, 2], [1, 2]]), label="position")
    assert_close(keep, torch.tensor([[True, True], [True, False], [True, False]]), label="keep")


@after("test_position_and_keep")
def test_first_choices_come_first():
    """No second choice takes the place of a first one: 8 tokens and one expert that is somebody's second."""
    idx = torch.tensor([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [0, 2], [2, 0]])
    position, keep = capacity_dispatch(idx, 3, 4)
    assert keep[:, 0].all(), "with room for all first choices, every one of them is kept"
    assert_close(position[:, 0], torch.tensor([0, 1, 2, 0, 1, 2, 3, 0]), label="position of first choices")
    assert_close(position[:, 1], torch.tensor([4, 5, 6, 3, 4, 5, 1, 7]), label="position of second choices")


@after("test_position_and_keep")
@pytest.mark.parametrize(("tokens", "experts", "k", "capacity"), SETTINGS)
def test_positions_are_the_definition(tokens, experts, k, capacity):
    """The position is the number of choices of the same expert that are counted before."""
    idx = routes(tokens, experts, k)
    expected = by_hand(idx)
    position, _ = capacity_dispatch(idx, experts, capacity)
    assert_close(position, expected, label="position")


@after("test_position_and_keep")
@pytest.mark.parametrize(("tokens", "experts", "k", "capacity"), SETTINGS)
def test_what_has_a_place_is_kept(tokens, experts, k, capacity):
    """A choice is kept where its position is below the capacity."""
    idx = routes(tokens, experts, k)
    expected = by_hand(idx) < capacity
    _, keep = capacity_dispatch(idx, experts, capacity)
    assert_close(keep, expected, label="keep")


@after("test_position_and_keep")
def test_counters_rise_on_overflow():
    """Positions go on where the expert is full: a dropped choice counts too."""
    position, keep = capacity_dispatch(torch.zeros(6, 1, dtype=torch.int64), 3, 2)
    assert_close(position, torch.arange(6).view(6, 1), label="position")
    assert_close(keep, (torch.arange(6) < 2).view(6, 1), label="keep")


@after("test_position_and_keep")
@pytest.mark.parametrize("capacity", [0, 1, 6])
def test_capacity_zero_one_and_all(capacity):
    """Capacity 0 keeps nothing, 1 keeps one per expert, T keeps all."""
    idx = torch.tensor([[0, 1], [0, 2], [0, 1], [0, 3], [0, 1], [0, 2]])
    expected = by_hand(idx) < capacity
    _, keep = capacity_dispatch(idx, 4, capacity)
    assert_close(keep, expected, label="keep")


@after("test_position_and_keep")
def test_no_tokens():
    """No tokens give empty tensors of shape (0, k).

    Pins: "No tokens give empty tensors of shape".
    """
    position, keep = capacity_dispatch(torch.zeros(0, 2, dtype=torch.int64), 4, 3)
    assert_shape(position, (0, 2), label="position")
    assert_shape(keep, (0, 2), label="keep")


@after("test_positions_are_the_definition")
def test_thousands_of_tokens():
    """Positions stay exact for 10,000 tokens."""
    idx = routes(1, 4, 2).repeat(10_000, 1)
    expected = by_hand(idx)
    position, keep = capacity_dispatch(idx, 4, 3_000)
    assert_close(position, expected, label="position")
    assert_close(keep, expected < 3_000, label="keep")


@after("test_positions_are_the_definition")
def test_idx_may_be_non_contiguous():
    """idx may have any memory layout.

    Pins: "may have any memory layout".
    """
    idx = routes(7, 5, 3).T.contiguous().T
    expected = by_hand(idx)
    position, _ = capacity_dispatch(idx, 5, 2)
    assert_close(position, expected, label="position")


@after("test_position_and_keep")
def test_nothing_else_happens():
    """idx stays as it was, no random number is drawn, the same call gives the same answer."""
    idx = routes(7, 5, 3)
    expected = by_hand(idx)
    with unchanged(idx), rng_unchanged():
        answers = [capacity_dispatch(idx, 5, 2) for _ in range(2)]
    for position, _ in answers:
        assert_close(position, expected, label="position")


def routes(tokens, experts, k):
    """k different experts for each token, in no order."""
    return torch.stack([torch.randperm(experts)[:k] for _ in range(tokens)])


def by_hand(idx):
    """A counter for each expert: first choices in the order of the tokens, then second ones."""
    position, counters = torch.zeros_like(idx), {}
    for choice, column in enumerate(idx.T.tolist()):
        for token, expert in enumerate(column):
            position[token, choice] = counters.get(expert, 0)
            counters[expert] = counters.get(expert, 0) + 1
    return position
