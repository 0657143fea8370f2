"""The position of an element is the number of elements before it in the same group.

Letters: elements N, groups G. Expected values are a loop with a counter for each group, computed before the
call.
"""

import pytest
import torch
from submission import position_in_group

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

SIZES = [(9, 4), (3, 7), (5, 5), (40, 3), (1, 1), (12, 1)]


@pytest.mark.parametrize(("elements", "groups"), SIZES)
def test_one_position_per_element(elements, groups):
    """The result is (N,), int64."""
    position = position_in_group(torch.randint(groups, (elements,)), groups)
    assert_shape(position, (elements,), label="position")
    assert position.dtype == torch.int64, f"positions are int64, got {position.dtype}"


@after("test_one_position_per_element")
def test_worked_example():
    """The example of the brief comes out as written."""
    position = position_in_group(torch.tensor([2, 0, 2, 2, 0, 1]), 3)
    assert_close(position, torch.tensor([0, 0, 1, 2, 1, 0]), label="position")


@after("test_one_position_per_element")
@pytest.mark.parametrize(("elements", "groups"), SIZES)
def test_elements_before_it_are_counted(elements, groups):
    """Each position is the number of elements before it that belong to the same group."""
    group = torch.randint(groups, (elements,))
    expected = by_hand(group)
    assert_close(position_in_group(group, groups), expected, label="position")


@after("test_one_position_per_element")
@pytest.mark.parametrize("group", [[3, 3, 3, 3], [0, 0, 0], [2, 1, 0], [0, 3, 0, 3]], ids=str)
def test_groups_that_do_not_occur(group):
    """Groups may be missing, at the beginning, between and at the end; all may be in one.

    Pins: "from 0 to `n_groups` - 1, in no order".
    """
    group = torch.tensor(group)
    expected = by_hand(group)
    assert_close(position_in_group(group, 5), expected, label="position")


@after("test_one_position_per_element")
def test_no_elements():
    """No elements give an empty int64 tensor.

    Pins: "give an empty int64 tensor".
    """
    position = position_in_group(torch.zeros(0, dtype=torch.int64), 3)
    assert_shape(position, (0,), label="position")
    assert position.dtype == torch.int64, f"positions are int64, got {position.dtype}"


@after("test_elements_before_it_are_counted")
def test_thousands_in_one_group():
    """The count stays exact far above what half precision can hold."""
    group = torch.zeros(5_000, dtype=torch.int64)
    group[::7] = 1
    expected = by_hand(group)
    assert_close(position_in_group(group, 2), expected, label="position")


@after("test_elements_before_it_are_counted")
def test_many_elements():
    """100,000 elements in 64 groups are no trouble.

    Pins: "**Speed.** No loop over the elements".
    """
    group = torch.randint(64, (100_000,))
    expected = by_hand(group)
    assert_close(position_in_group(group, 64), expected, label="position")


@after("test_elements_before_it_are_counted")
def test_group_may_be_non_contiguous():
    """group may have any memory layout.

    Pins: "may have any memory layout".
    """
    group = torch.randint(4, (24,))[::2]
    expected = by_hand(group)
    assert_close(position_in_group(group, 4), expected, label="position")


@after("test_one_position_per_element")
def test_nothing_else_happens():
    """group stays as it was, no random number is drawn, the same call gives the same answer."""
    group = torch.randint(4, (12,))
    expected = by_hand(group)
    with unchanged(group), rng_unchanged():
        answers = [position_in_group(group, 4) for _ in range(2)]
    for position in answers:
        assert_close(position, expected, label="position")


def by_hand(group):
    """A counter for each group, one element after the other."""
    counters, positions = {}, []
    for one in group.tolist():
        positions.append(counters.get(one, 0))
        counters[one] = positions[-1] + 1
    return torch.tensor(positions, dtype=torch.int64)
