"""Doubling multiplies by two."""

from ml_katas.testing import after
from submission import double


def test_double_of_one_is_two():
    """The double of 1 is 2."""
    assert double(1) == 2


@after("test_double_of_one_is_two")
def test_double_keeps_the_sign():
    """The double of a negative number is negative."""
    assert double(-3) == -6
