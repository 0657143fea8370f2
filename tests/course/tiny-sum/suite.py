"""A sum adds every number once."""

from submission import total


def test_sum_of_three_numbers():
    """The sum of 1, 2 and 4 is 7."""
    assert total([1, 2, 4]) == 7
