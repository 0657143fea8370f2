"""This squares the number.

Squaring and doubling agree at 0 and 2 only.
"""

CAUGHT_BY = "test_double_of_one_is_two"


def double(x):
    return x * x
