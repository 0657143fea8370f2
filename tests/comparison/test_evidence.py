"""One mistake is recognised in two failed comparisons, and two mistakes are told apart."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from ml_katas.comparison import Mismatch, assert_close
from ml_katas.comparison.evidence import Compared, error_of, is_same_mistake

EXPECTED = torch.tensor([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.25, 0.6, 0.15]], dtype=torch.float64)
ORDER = torch.tensor([2, 0, 1])


def compared(actual: Any, expected: Any = EXPECTED, **terms: Any) -> Compared:
    """Return what is known of a comparison that fails."""
    with pytest.raises(Mismatch) as caught:
        assert_close(actual, expected, **terms)
    assert caught.value.compared is not None
    return caught.value.compared


def same(one: Any, other: Any, **terms: Any) -> bool:
    """Return whether two wrong answers to one expectation are called the same mistake."""
    return is_same_mistake(compared(one, **terms), compared(other, **terms))


def test_the_same_wrong_values_are_the_same_mistake() -> None:
    """Rounding and the dtype among floating ones do not count, the label does."""
    wrong = EXPECTED.square()
    assert same(wrong, wrong + 1e-12)
    assert same(wrong.float(), wrong.float() + 1e-7)
    assert same(wrong, wrong.float())
    assert not is_same_mistake(compared(wrong, label="weights"), compared(wrong, label="output"))


def test_other_wrong_values_are_another_mistake() -> None:
    """Values that are wrong in another way are told apart, also within a loose tolerance."""
    assert not same(EXPECTED.square(), EXPECTED.sqrt())
    assert not same(EXPECTED + 0.03, EXPECTED - 0.03, atol=0.02)
    assert not same(EXPECTED + 0.03, EXPECTED + 0.045, atol=0.02)


def test_a_tiny_error_is_not_another_tiny_error() -> None:
    """An epsilon in float64 is not taken for numbers that were rounded to float32."""
    large = 1000 * EXPECTED / 7
    with_epsilon, rounded = large / (1 + 1e-6), (large * (1 + 4e-7)).float().double()
    assert not is_same_mistake(compared(with_epsilon, large), compared(rounded, large))
    assert is_same_mistake(compared(rounded, large), compared((large * (1 - 4e-7)).float().double(), large))


def test_an_order_that_the_expectation_follows_does_not_count() -> None:
    """Columns in another order, expected and actual alike, are the same mistake; a shuffle of one is not."""
    wrong = EXPECTED.square()
    one = compared(wrong)
    assert is_same_mistake(one, compared(wrong[:, ORDER], EXPECTED[:, ORDER]))
    assert is_same_mistake(one, compared(wrong[ORDER], EXPECTED[ORDER]))
    assert not is_same_mistake(one, compared(wrong[:, ORDER], EXPECTED))


@pytest.mark.parametrize(
    "wrong", [torch.zeros(2, 3), torch.zeros(3, 3, dtype=torch.int64), [0.1, 0.2], "text"]
)
def test_coarse_failures_are_compared_by_what_they_say(wrong: Any) -> None:
    """A wrong type, shape or dtype is the same mistake only where it is the same type, shape or dtype."""
    assert same(wrong, wrong)
    assert not same(wrong, EXPECTED.square())
    assert not same(wrong, torch.zeros(4, 5))


def test_nan_and_infinities_must_stand_in_the_same_places() -> None:
    """NaN in one row is not NaN in another."""
    first, second = EXPECTED.clone(), EXPECTED.clone()
    first[0], second[1] = torch.nan, torch.nan
    assert same(first, first.clone())
    assert not same(first, second)
    assert not same(first, torch.full_like(EXPECTED, torch.inf))


def test_parts_of_a_value_are_compared_one_by_one() -> None:
    """Of a tuple every part must be alike, also those that are right."""
    one, other = (EXPECTED, EXPECTED.square()), (EXPECTED + 1, EXPECTED.square())
    wanted = (EXPECTED, EXPECTED)
    assert is_same_mistake(compared(one, wanted), compared(one, wanted))
    assert not is_same_mistake(compared(one, wanted), compared(other, wanted))


def test_what_was_compared_is_kept_as_it_was() -> None:
    """A tensor that is changed after the comparison does not change the evidence."""
    wrong = EXPECTED.square()
    evidence = compared(wrong)
    wrong.zero_()
    assert is_same_mistake(evidence, compared(EXPECTED.square()))


def test_the_error_is_a_vector_of_finite_numbers() -> None:
    """The error is actual minus expected, and none where either is no number."""
    error = error_of(compared(EXPECTED + 0.5))
    assert isinstance(error, Tensor)
    assert torch.allclose(error, torch.full((9,), 0.5, dtype=torch.float64))
    assert error_of(compared(torch.full_like(EXPECTED, torch.nan))) is None
    assert error_of(compared(torch.zeros(2))) is None
