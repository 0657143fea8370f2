"""Two failed comparisons, compared: whether one mistake may be behind both.

Two pieces of code that make the same mistake return the same wrong values where the same were expected. Only
what a check compared counts, at its own tolerance. The order of rows or columns does not count where the
expectation follows it: then the pairs of an expected and an actual number are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import torch
from torch import Tensor

from ..report import Failure
from ..support.records import record
from .terms import Terms
from .tolerances import same, wide

# What two answers have not in common must be small beside the error that they share.
_MOST_UNSHARED, _HARDLY_ANY = 0.1, 1e-3
_FLOAT32_ERROR = 1e-5
_DIGITS = 6
_COARSE = ("type", "structure", "shape", "dtype", "device")


@record
class Compared:
    """What a check compared and found to differ: actual and expected values part by part, and the terms."""

    parts: tuple[tuple[object, object], ...]
    terms: Terms
    failure: Failure

    @classmethod
    def of(cls, actual: object, expected: object, terms: Terms, failure: Failure) -> Compared:
        """Return what was compared, apart from what becomes of the values later."""
        parts = tuple((_kept(a), _kept(e)) for a, e in _parts(actual, expected))
        return cls(parts, terms, failure)


def is_same_mistake(one: Compared, other: Compared) -> bool:
    """Return whether both comparisons fail in the same way, value for value."""
    if one.failure.kind != other.failure.kind or one.terms.label != other.terms.label:
        return False
    if one.failure.kind in _COARSE:
        texts = [(each.failure.expected, each.failure.actual) for each in (one, other)]
        return texts[0] == texts[1]
    if len(one.parts) != len(other.parts):
        return False
    pairs = zip(one.parts, other.parts, strict=True)
    return all(_alike(*part, *counterpart, one.terms) for part, counterpart in pairs)


def error_of(compared: Compared) -> Tensor | None:
    """Return actual minus expected as one vector of float64, or None where they are no finite numbers."""
    errors = []
    for actual, expected in compared.parts:
        a, e = _numbers(actual), _numbers(expected)
        if a is None or e is None or a.shape != e.shape:
            return None
        errors.append((a - e).flatten())
    error = torch.cat(errors) if errors else None
    return error if error is not None and bool(error.isfinite().all()) else None


def _alike(actual: object, expected: object, other: object, other_expected: object, terms: Terms) -> bool:
    """Return whether two actual values are the same wrong (or right) answer to the same expectation."""
    a, e, b, f = map(_numbers, (actual, expected, other, other_expected))
    if a is None or e is None or b is None or f is None:
        return type(actual) is type(other) and _equal(actual, other)
    if not a.shape == b.shape == e.shape == f.shape:
        return a.shape == b.shape and _equal(a, b)
    if terms.dtype is None and _dtype(actual) != _dtype(other) and not _both_float(actual, other):
        return False
    tolerance = terms.tolerance(_dtype(actual))
    if same(e, f, tolerance) and _shares_error(a, e, b, terms, actual):
        return True
    (a, e), (b, f) = _in_order(a, e), _in_order(b, f)
    return same(e, f, tolerance) and _shares_error(a, e, b, terms, actual)


def _shares_error(a: Tensor, e: Tensor, b: Tensor, terms: Terms, actual: object) -> bool:
    """Return whether *a* and *b* lie close together, measured by how far both are from *e*."""
    tolerance = terms.tolerance(_dtype(actual))
    if _is_rounded(a, e) and _is_rounded(b, e):
        return True
    finite = a.isfinite() & b.isfinite() & e.isfinite()
    unshared, error = (float((x - y)[finite].abs().norm()) for x, y in ((a, b), (a, e)))
    if not same(a, b, tolerance):
        return bool((a.isfinite() == b.isfinite()).all()) and 0 < unshared <= _HARDLY_ANY * error
    return unshared <= _MOST_UNSHARED * error or same(a, e, tolerance)


def _is_rounded(values: Tensor, expected: Tensor) -> bool:
    """Return whether float64 values are right, but only as float32 numbers; their last digits are chance."""
    if values.is_complex() or not values.numel() or not bool(values.isfinite().all()):
        return False
    is_float32 = bool((values == values.float().double()).all()) and not torch.equal(values, expected)
    return is_float32 and bool(((values - expected).abs() <= _FLOAT32_ERROR * expected.abs().max()).all())


def _in_order(actual: Tensor, expected: Tensor) -> tuple[Tensor, Tensor]:
    """Return both as vectors, sorted by the expected number and then by the actual one."""
    a, e = actual.flatten(), expected.flatten()
    if a.is_complex():
        return a, e
    scale = e[e.isfinite()].abs().max() if bool(e.isfinite().any()) else torch.ones(())
    coarse = torch.where(e.isfinite(), (e / scale.clamp(min=1e-300)).round(decimals=_DIGITS), e)
    by_actual = a.argsort(stable=True)
    order = by_actual[coarse[by_actual].argsort(stable=True)]
    return a[order], e[order]


def _parts(actual: object, expected: object) -> Iterator[tuple[object, object]]:
    """Yield actual and expected values part by part; what has no counterpart is a part by itself."""
    if (
        isinstance(expected, list | tuple)
        and isinstance(actual, list | tuple)
        and len(actual) == len(expected)
    ):
        for a, e in zip(actual, expected, strict=True):
            yield from _parts(a, e)
    elif isinstance(expected, dict) and isinstance(actual, dict) and expected.keys() == actual.keys():
        for key in expected:
            yield from _parts(actual[key], expected[key])
    elif is_dataclass(expected) and not isinstance(expected, type):
        for field in fields(expected):
            yield from _parts(getattr(actual, field.name, None), getattr(expected, field.name))
    else:
        yield actual, expected


def _kept(value: object) -> object:
    return value.detach().clone() if isinstance(value, Tensor) else value


def _numbers(value: object) -> Tensor | None:
    if isinstance(value, Tensor):
        return wide(value if value.layout == torch.strided else value.to_dense())
    if isinstance(value, int | float | complex):
        dtype = torch.complex128 if isinstance(value, complex) else torch.float64
        return torch.as_tensor(value, dtype=dtype)
    return None


def _dtype(value: object) -> torch.dtype | None:
    return value.dtype if isinstance(value, Tensor) else None


def _both_float(one: object, other: object) -> bool:
    kinds = [_dtype(value) for value in (one, other)]
    return all(kind is not None and (kind.is_floating_point or kind.is_complex) for kind in kinds)


def _equal(one: object, other: object) -> bool:
    try:
        if isinstance(one, Tensor) and isinstance(other, Tensor):
            return one.shape == other.shape and bool(torch.isclose(one, other, equal_nan=True).all())
        return bool(one == other)
    except (RuntimeError, TypeError, ValueError):
        return False
