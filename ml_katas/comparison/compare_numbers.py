"""Comparison of one plain number with another, or with a 0-d tensor that stands for one."""

from __future__ import annotations

import cmath
import math

import torch
from torch import Tensor

from ..report import Differing, Failure, FailureKind
from . import relations
from .number_text import Number
from .terms import Terms
from .tolerances import EXACT, Tolerance
from .windows import window_of, worst_of
from .wording import kind_of, shape_text, signature


def compare_numbers(terms: Terms, actual: object, expected: Number) -> Failure | None:
    """Return how *actual* disagrees with a Python number, or None.

    An int stands for a float and either for a complex, not the other way round; a bool is no number.
    """
    if isinstance(actual, Tensor) and actual.dim():
        message = f"{terms.subject} has shape {shape_text(actual.shape)}; expected a single number"
        return Failure(
            kind=FailureKind.SHAPE,
            message=message,
            label=terms.label,
            expected=kind_of(expected),
            actual=signature(actual),
        )
    number = actual.item() if isinstance(actual, Tensor) else actual
    if not isinstance(number, int | float | complex) or not _stands_for(number, expected):
        message = f"{terms.subject} is {kind_of(actual)}; expected {kind_of(expected)}"
        return Failure(
            kind=FailureKind.TYPE,
            message=message,
            label=terms.label,
            expected=kind_of(expected),
            actual=kind_of(actual),
        )
    return _values(terms, number, expected, _tolerance(terms, actual, expected))


def _tolerance(terms: Terms, actual: object, expected: Number) -> Tolerance:
    if isinstance(actual, Tensor):
        return terms.tolerance(actual.dtype)
    exact = isinstance(actual, int) and isinstance(expected, int)
    return terms.tolerance_of_integers() if exact else terms.tolerance(None)


def _stands_for(actual: Number, expected: Number) -> bool:
    if isinstance(actual, bool) or isinstance(expected, bool):
        return isinstance(actual, bool) and isinstance(expected, bool)
    widths = (int, float, complex)
    return widths.index(_base(actual)) <= widths.index(_base(expected))


def _base(number: Number) -> type:
    return next(kind for kind in (int, float, complex) if isinstance(number, kind))


def _values(terms: Terms, actual: Number, expected: Number, tolerance: Tolerance) -> Failure | None:
    if _are_same(actual, expected, tolerance):
        return None if terms.nonfinite or _class(expected) == "number" else _unmet(terms, actual, expected)
    worst = worst_of((), actual, expected)
    return Failure(
        kind=_kind(actual, expected),
        message=f"{terms.subject} is {worst.actual}; expected {worst.expected}",
        label=terms.label,
        expected=kind_of(expected),
        actual=kind_of(actual),
        differing=Differing(1, 1),
        worst=worst,
        window=window_of(actual, expected),
        relation=_relation(actual, expected, tolerance),
    )


def _unmet(terms: Terms, actual: Number, expected: Number) -> Failure:
    """Return the failure for an expectation that is met, and is no number."""
    return Failure(
        kind=FailureKind.NAN,
        message=terms.unmet(_class(expected)),
        label=terms.label,
        expected=kind_of(expected),
        actual=kind_of(actual),
    )


def _are_same(actual: Number, expected: Number, tolerance: Tolerance) -> bool:
    if isinstance(actual, int) and isinstance(expected, int) and tolerance == EXACT:
        return actual == expected
    try:
        return tolerance.allows(actual, expected)
    except OverflowError:  # an int beyond every float
        return False


def _kind(actual: Number, expected: Number) -> FailureKind:
    return FailureKind.VALUES if _class(actual) == _class(expected) else FailureKind.NAN


def _class(number: Number) -> str:
    if isinstance(number, int) or cmath.isfinite(number):
        return "number"
    return "NaN" if cmath.isnan(number) else str(number)


def _relation(actual: Number, expected: Number, tolerance: Tolerance) -> str:
    if not (_is_float64(actual) and _is_float64(expected)):
        return ""
    a, e = (torch.tensor(number.real, dtype=torch.float64) for number in (actual, expected))
    return relations.between(a, e, tolerance)


def _is_float64(number: Number) -> bool:
    if isinstance(number, bool | complex):
        return False
    return abs(number) < 2**53 if isinstance(number, int) else math.isfinite(number)
