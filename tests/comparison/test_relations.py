"""A relation between what was returned and what was expected is said where it is one, and only there."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from ml_katas.comparison import compare

NAN, INF = math.nan, math.inf
NUMBERS = torch.tensor(
    [[0.3, -1.2, 2.5, 0.7], [1.9, 0.4, -0.6, 3.1], [-2.2, 1.4, 0.9, -0.1]], dtype=torch.float64
)
SUMS_TO_ONE = torch.tensor([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.25, 0.6, 0.15]], dtype=torch.float64)
PER_ROW = torch.tensor([[1.5], [0.5], [3.0]])
NEAR_ONE = torch.tensor([[1.002], [1.003], [1.004]])
SQUARE = torch.ones(4, 4)
CAUSAL = SQUARE.tril() > 0


def relation(actual: object, expected: object) -> str:
    """Return the relation between two values that differ."""
    failure = compare(actual, expected)
    assert failure is not None
    return failure.relation


@pytest.mark.parametrize(
    ("actual", "sentence"),
    [
        (NUMBERS * 0, "Every value is 0."),
        (NUMBERS * 0 + 0.25, "Every value is 0.25."),
        (-NUMBERS, "Every value has the opposite sign."),
        (NUMBERS.abs(), "Only signs are wrong: 4 of 12."),
        (NUMBERS / 8, "Every value is smaller by a factor of 8.0 = √64."),
        (NUMBERS / 3, "Every value is smaller by a factor of 3, the size of dimension 0."),
        (NUMBERS * 12, "Every value is larger by a factor of 12, the number of values."),
        (NUMBERS * 8**0.5, "Every value is larger by a factor of 2.83 = √8."),
        (NUMBERS / 2, "Every value is smaller by a factor of 2.0 = √4, and 4 is the size of dimension 1."),
        (NUMBERS / math.log(2), "Every value is larger by a factor of 1.443 = 1/ln 2."),
        (NUMBERS * 10 / 9, "Every value is larger by a factor of 1.111 = 10/9."),
        (NUMBERS * -1.2345, "Every value is larger by a factor of 1.23 and has the opposite sign."),
        (NUMBERS + 1, "Every value is too large by 1."),
        (NUMBERS - 0.5, "Every value is too small by 0.5."),
        (NUMBERS**2, "Every value is the square of the expected one."),
        (1 - NUMBERS, "Every value is one minus the expected one."),
        (NUMBERS * 1.0004, "Every value is larger by a factor of 1.0004."),
        (NUMBERS * PER_ROW, "Each row is off by a factor of its own, 0.50 … 3.00."),
        (NUMBERS + PER_ROW, "Each row is off by a constant of its own, 0.50 … 3.00."),
    ],
)
def test_values_of_one_formula_are_said(actual: Tensor, sentence: str) -> None:
    """Values that follow from the expected ones by one simple formula are said to."""
    assert relation(actual.float(), NUMBERS) == sentence


@pytest.mark.parametrize(
    ("actual", "where"),
    [
        (NUMBERS.T, "dimensions 0 and 1 are swapped"),
        (NUMBERS[[0, 2, 1]], "the rows are in another order"),
        (NUMBERS[:, [1, 0, 3, 2]], "the columns are in another order"),
        (NUMBERS.flip(1), "the columns run backwards"),
        (NUMBERS.roll(1, 1), "the columns come one place late"),
        (NUMBERS.roll(-1, 1), "the columns come one place early"),
    ],
)
def test_right_values_in_wrong_places_are_said(actual: Tensor, where: str) -> None:
    """Values that are right but stand elsewhere are said to, with where."""
    assert relation(actual.float(), NUMBERS) == f"The values are right, but {where}."


@pytest.mark.parametrize(
    ("actual", "sentence"),
    [
        (NUMBERS.T.reshape(3, 4), "The values are reshaped where dimensions 0 and 1 need a transpose."),
        (NUMBERS.sort(-1).values, "Each row holds the right values, in another order."),
        (NUMBERS[:, None], "The values are right; there is a dimension of size 1 too many."),
        (NUMBERS.flatten(), "The values are right and in order; only the shape is not."),
        (NUMBERS[:2], "The first 2 along dimension 0 are right; 1 too few."),
        (torch.cat([NUMBERS[:1] + 1, NUMBERS]), "The last 3 along dimension 0 are right; 1 too many."),
    ],
)
def test_right_values_in_wrong_shape_are_said(actual: Tensor, sentence: str) -> None:
    """Values that are right but arranged or cut wrongly are said to."""
    assert relation(actual.float(), NUMBERS) == sentence


@pytest.mark.parametrize(
    ("actual", "sentence"),
    [
        (SUMS_TO_ONE.log(), "Every value is the logarithm of the expected one."),
        (SUMS_TO_ONE.softmax(-1) ** 2, "Your rows sum to 0.34 … 0.36, not 1."),
        (NUMBERS[:, :3].softmax(0), "Your columns sum to 1; it is the rows that must."),
    ],
)
def test_rows_that_must_sum_to_one_are_said(actual: Tensor, sentence: str) -> None:
    """Rows that must sum to one and do not are said to, unless a formula says more."""
    assert relation(actual.float(), SUMS_TO_ONE) == sentence


@pytest.mark.parametrize(
    ("actual", "sentence"),
    [
        (SQUARE < 0, "Every value is False."),
        (~CAUSAL, "True and False are swapped."),
        (SQUARE.tril(-1) > 0, "Only values on the diagonal are wrong."),
        (SQUARE.tril(1) > 0, "Only values above the diagonal are wrong."),
        (CAUSAL.T, "The values are right, but dimensions 0 and 1 are swapped."),
    ],
)
def test_mistakes_in_a_mask_are_said(actual: Tensor, sentence: str) -> None:
    """The usual mistakes in a causal mask have a sentence each."""
    assert relation(actual, CAUSAL) == sentence


def test_several_dimensions_in_another_order_are_said() -> None:
    """Three dimensions in another order are said as that order."""
    expected = torch.arange(24.0, dtype=torch.float64).reshape(2, 3, 4)
    sentence = "The values are right, but the dimensions are in the order (1, 2, 0)."
    assert relation(expected.permute(1, 2, 0), expected) == sentence


def test_single_wrong_line_is_said() -> None:
    """Where every difference lies in one row, the row is named."""
    actual = NUMBERS.clone()
    actual[1, :3] = torch.tensor([5.0, -7.0, 6.0])
    assert relation(actual, NUMBERS) == "Only row 1 is wrong."


def test_infinities_stay_out_of_a_formula() -> None:
    """Infinities in their right places do not hide how the numbers are related."""
    actual = torch.tensor([1.0, -INF, -2.5, -3.0])
    expected = torch.tensor([-1.0, -INF, 2.5, 3.0])
    assert relation(actual, expected) == "Every finite value has the opposite sign."


def test_complex_conjugate_is_said() -> None:
    """Complex values may be conjugated."""
    actual, expected = torch.tensor([1 + 2j, 3 - 1j]), torch.tensor([1 - 2j, 3 + 1j])
    assert relation(actual, expected) == "Every value is the complex conjugate of the expected one."


def test_indices_that_begin_at_one_are_said() -> None:
    """Integers that are all off by one are said to be."""
    actual, expected = torch.tensor([[1, 2], [3, 4]]), torch.tensor([[0, 1], [2, 3]])
    assert relation(actual, expected) == "Every value is too large by 1."


@pytest.mark.parametrize(
    ("actual", "sentence"),
    [
        (-0.4123, "Every value has the opposite sign."),
        (0.4123 * 16, "Every value is larger by a factor of 16.0 = √256."),
        (math.log(0.4123), "Every value is the logarithm of the expected one."),
        (0.7, ""),
    ],
)
def test_single_number_speaks_where_it_is_not_round(actual: float, sentence: str) -> None:
    """One number is related to another only by what hardly happens by chance."""
    assert relation(actual, 0.4123) == sentence


@pytest.mark.parametrize("rows", [(1,), (0, 2)])
def test_nan_in_whole_rows_is_said(rows: tuple[int, ...]) -> None:
    """Rows that are NaN from end to end point at a softmax over nothing."""
    actual = NUMBERS.clone()
    actual[list(rows)] = NAN
    assert relation(actual, NUMBERS) == f"NaN fills whole rows: {len(rows)} of 3."


def test_relation_in_many_values_is_said() -> None:
    """A relation between millions of values is found, and one that only most of them keep is not."""
    expected = torch.linspace(-3, 5, 1_200_001, dtype=torch.float64)
    actual = expected.float() / 8
    assert relation(actual, expected) == "Every value is smaller by a factor of 8.0 = √64."
    actual[77] += 1
    assert relation(actual, expected) == ""


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (torch.tensor([0, 0, 1]), torch.tensor([0, 0, 3])),
        (torch.tensor([0.5, 0.25]), torch.tensor([1.0, 0.75])),
        (2.0, 4.0),
        (torch.tensor([2**60, 1, 2]), torch.tensor([2**60 + 1, 1, 2])),
        (torch.zeros(3, 2), torch.zeros(2, 4)),
        (torch.tensor([0, 1, 1, 0]), torch.tensor([1, 0, 0, 0])),
    ],
)
def test_chance_is_no_relation(actual: object, expected: object) -> None:
    """Numbers too few or too round to tell anything have no relation."""
    assert relation(actual, expected) == ""


def test_random_values_have_no_relation() -> None:
    """Values that have nothing to do with each other have no relation."""
    generator = torch.Generator().manual_seed(5)
    for _ in range(50):
        actual, expected = torch.randn(2, 4, 5, generator=generator)
        assert relation(actual, expected) == ""


@pytest.mark.parametrize(
    ("actual", "expected", "sentence"),
    [
        (SUMS_TO_ONE * 1.002, SUMS_TO_ONE, "Every value is larger by a factor of 1.002."),
        (SUMS_TO_ONE * NEAR_ONE, SUMS_TO_ONE, "Your rows sum to 1.002 … 1.004, not 1."),
        (NUMBERS * NEAR_ONE, NUMBERS, "Each row is off by a factor of its own, 1.002 … 1.004."),
        (NUMBERS + NEAR_ONE - 1, NUMBERS, "Each row is off by a constant of its own, 0.002 … 0.004."),
    ],
)
def test_what_is_printed_is_true_as_printed(actual: Tensor, expected: Tensor, sentence: str) -> None:
    """A factor near one or a sum near one is shown with the digits that tell it from one."""
    assert relation(actual.float(), expected) == sentence


def test_float32_numbers_in_float64_are_called_that() -> None:
    """Right values that were rounded to float32 on the way are told from values that are wrong."""
    says = "These are float32 numbers in a float64 tensor: something was cast on the way."
    exact = NUMBERS / 7
    rounded_a_few_times = (exact * (1 + 4e-7)).float().double()
    assert relation(rounded_a_few_times, exact) == says
    assert relation(exact + 1e-6, exact) != says
    assert relation((exact * 1.1).float().double(), exact) != says
