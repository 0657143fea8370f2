"""The simple relation between what was returned and what was expected, as a sentence to the learner."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ..tolerances import Tolerance
from . import places as places
from . import values as values
from .case import Case

Relation = Callable[[Case], str]

# The first that fits is said; to look for one more is one function and one line.
OF_VALUES: tuple[Relation, ...] = (
    values.float32_numbers,
    values.one_value,
    values.inverted,
    values.opposite_sign,
    values.conjugate,
    values.constant_factor,
    values.shift,
)
OF_LINES: tuple[Relation, ...] = (places.single_line, places.triangle)
OF_PLACES: tuple[Relation, ...] = (
    places.transposed,
    places.reversed_order,
    places.displaced,
    places.permuted,
    places.unsorted_rows,
    places.reshaped,
    places.shuffled,
)
OF_PARTS: tuple[Relation, ...] = (values.formula, values.sums, values.factor_per_row, values.shift_per_row)
OF_NAN: tuple[Relation, ...] = (values.one_value, values.nan_rows, places.single_line)
OF_SHAPES: tuple[Relation, ...] = (
    places.transposed,
    places.same_row_of_values,
    places.reshaped,
    places.cut,
    places.shuffled,
)

_MANY = 1_000_000  # beyond it only what a sample promises is asked


def between(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> str:
    """Return how the values of two tensors of one shape are related, or ""."""
    case = Case.of(actual, expected, tolerance)
    if not case.is_exact_in_float64:
        return ""
    if case.actual.numel() <= _MANY:
        return _sentence(_first((*OF_VALUES, *OF_LINES, *OF_PLACES, *OF_PARTS), case), case)
    promised = tuple(relation for relation in OF_VALUES if relation(case.sample))
    return _sentence(_first(promised, case), case) if promised else ""


def between_nan(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> str:
    """Return what is to be said of NaN and infinities in unexpected places, or ""."""
    case = Case.of(actual, expected, tolerance)
    return _first(OF_NAN, case) if case.actual.numel() <= _MANY else ""


def between_shapes(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> str:
    """Return how two tensors of different shapes are related, or ""."""
    case = Case.of(actual, expected, tolerance)
    sizes = case.actual.numel(), case.expected.numel()
    if not min(sizes) or max(sizes) > _MANY or not case.is_exact_in_float64:
        return ""
    is_constant = bool((case.expected == case.expected.flatten()[0]).all())
    return _first((places.same_row_of_values,) if is_constant else OF_SHAPES, case)


def _first(relations: tuple[Relation, ...], case: Case) -> str:
    return next(filter(None, (relation(case) for relation in relations)), "")


def _sentence(sentence: str, case: Case) -> str:
    all_are_numbers = case.numbers.actual.numel() == case.actual.numel()
    return sentence if all_are_numbers else sentence.replace("Every value", "Every finite value", 1)
