"""The last number is left out."""

CAUGHT_BY = ("test_sum_of_three_numbers",)


def total(numbers):
    return sum(numbers[:-1])
