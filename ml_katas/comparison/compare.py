"""Comparison of an actual value with an expected one, as data that names the difference.

In order: type, structure, shape, dtype, device, NaN and infinities, values. The tolerance depends on the
actual dtype: the table is in `tolerances.py`. NaN and infinities are met only by a check that says they are.

An expectation in float64 (complex128) compares values only and accepts any floating (complex) dtype; any
other expectation asks for its own dtype, and `dtype=` asks for that one. Numbers take a 0-d tensor too;
tuples and lists stand for each other; whether a tensor needs gradients is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import torch
from torch import Tensor

from ..report import Failure, FailureKind
from .compare_numbers import compare_numbers
from .compare_tensors import compare_tensors
from .evidence import Compared
from .terms import Terms
from .tolerances import TOLERANCES, Tolerance
from .windows import lines
from .wording import counted, kind_of, shape_text, shown, signature

__all__ = ["TOLERANCES", "Mismatch", "Tolerance", "assert_close", "assert_shape", "compare"]


class Mismatch(AssertionError):
    """A value is not what was expected; `failure` says how, `compared` holds the values."""

    def __init__(self, failure: Failure, compared: Compared | None = None) -> None:
        super().__init__(failure)
        self.failure = failure
        self.compared = compared

    def __str__(self) -> str:
        return "\n".join(_text(self.failure))


def assert_close(
    actual: object,
    expected: object,
    *,
    label: str = "",
    dtype: torch.dtype | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    nonfinite: bool = False,
) -> None:
    """Raise Mismatch unless *actual* is what `compare` takes for *expected*."""
    __tracebackhide__ = True
    terms = Terms(label=label, dtype=dtype, rtol=rtol, atol=atol, nonfinite=nonfinite)
    failure = _compare(terms, _as_tensor(actual), _as_tensor(expected))
    if failure:
        raise Mismatch(failure, Compared.of(_as_tensor(actual), _as_tensor(expected), terms, failure))


def assert_shape(actual: object, shape: tuple[int, ...], *, label: str = "") -> None:
    """Raise Mismatch unless *actual* is a tensor of this shape."""
    __tracebackhide__ = True
    terms, wanted = Terms(label), shape_text(shape)
    if not isinstance(actual, Tensor):
        raise Mismatch(_type_failure(terms, actual, f"a tensor of shape {wanted}"))
    if tuple(actual.shape) != tuple(shape):
        message = f"{terms.subject} has shape {shape_text(actual.shape)}; expected {wanted}"
        raise Mismatch(
            Failure(
                kind=FailureKind.SHAPE,
                message=message,
                label=label,
                expected=wanted,
                actual=signature(actual),
            )
        )


def compare(
    actual: object,
    expected: object,
    *,
    label: str = "",
    dtype: torch.dtype | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    nonfinite: bool = False,
) -> Failure | None:
    """Return the first disagreement between *actual* and *expected*, or None.

    *label* names the value in messages, *dtype* asks for a dtype, *rtol* and *atol* replace the table's.
    NaN or an infinity in what is expected is met by nothing, unless *nonfinite* says that it is meant: an
    expectation that became NaN would otherwise be met by whatever made it so.
    """
    terms = Terms(label=label, dtype=dtype, rtol=rtol, atol=atol, nonfinite=nonfinite)
    return _compare(terms, _as_tensor(actual), _as_tensor(expected))


def _compare(terms: Terms, actual: object, expected: object) -> Failure | None:
    if isinstance(expected, Tensor):
        return _with_tensor(terms, actual, expected)
    if isinstance(expected, int | float | complex):
        return compare_numbers(terms, actual, expected)
    if isinstance(expected, list | tuple):
        return _with_sequence(terms, actual, expected)
    if isinstance(expected, dict):
        return _with_dict(terms, actual, expected)
    if is_dataclass(expected) and not isinstance(expected, type):
        return _with_fields(terms, actual, expected)
    return _with_other(terms, actual, expected)


def _as_tensor(value: object) -> object:
    # Known by name: importing NumPy to ask costs more than most comparisons.
    is_array = type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"
    return torch.as_tensor(value) if is_array else value


def _with_tensor(terms: Terms, actual: object, expected: Tensor) -> Failure | None:
    if isinstance(actual, Tensor):
        return compare_tensors(terms, actual, expected)
    return _type_failure(terms, actual, f"a tensor of shape {shape_text(expected.shape)}")


def _with_sequence(
    terms: Terms, actual: object, expected: list[object] | tuple[object, ...]
) -> Failure | None:
    if not isinstance(actual, list | tuple):
        return _type_failure(terms, actual, kind_of(expected))
    if len(actual) != len(expected):
        message = f"{terms.subject} has {counted(len(actual), 'item')}; expected {len(expected)}"
        return Failure(
            kind=FailureKind.STRUCTURE,
            message=message,
            label=terms.label,
            expected=kind_of(expected),
            actual=kind_of(actual),
        )
    names = getattr(type(expected), "_fields", None)
    suffixes = [f".{name}" for name in names] if names else [f"[{i}]" for i in range(len(expected))]
    return _first(_parts(terms, suffixes, list(actual), list(expected)))


def _with_dict(terms: Terms, actual: object, expected: dict[object, object]) -> Failure | None:
    if not isinstance(actual, dict):
        return _type_failure(terms, actual, kind_of(expected))
    lacking = [key for key in expected if key not in actual]
    surplus = [key for key in actual if key not in expected]
    if lacking or surplus:
        return _keys_failure(terms, actual, expected, lacking, surplus)
    suffixes = [f"[{shown(key)}]" for key in expected]
    return _first(_parts(terms, suffixes, [actual[key] for key in expected], list(expected.values())))


def _with_fields(terms: Terms, actual: object, expected: object) -> Failure | None:
    names = [field.name for field in fields(expected)]  # type: ignore[arg-type]  # a dataclass: asked above
    lacking = [name for name in names if not hasattr(actual, name)]
    if lacking:
        message = f"{terms.subject} is {kind_of(actual)} without '{lacking[0]}'; expected {kind_of(expected)}"
        return Failure(
            kind=FailureKind.STRUCTURE,
            message=message,
            label=terms.label,
            expected=kind_of(expected),
            actual=kind_of(actual),
        )
    wanted, got = ([getattr(side, name) for name in names] for side in (expected, actual))
    return _first(_parts(terms, [f".{name}" for name in names], got, wanted))


def _with_other(terms: Terms, actual: object, expected: object) -> Failure | None:
    if not isinstance(actual, type(expected)):
        return _type_failure(terms, actual, kind_of(expected))
    if _are_equal(actual, expected):
        return None
    message = f"{terms.subject} is {shown(actual)}; expected {shown(expected)}"
    return Failure(
        kind=FailureKind.VALUES,
        message=message,
        label=terms.label,
        expected=shown(expected),
        actual=shown(actual),
    )


def _are_equal(actual: object, expected: object) -> bool:
    try:
        return bool(actual == expected)
    except Exception:  # someone else's __eq__
        return False


def _parts(
    terms: Terms, suffixes: list[str], actual: list[object], expected: list[object]
) -> Iterator[Failure | None]:
    for suffix, a, e in zip(suffixes, actual, expected, strict=True):
        yield _compare(terms.of_part(suffix), _as_tensor(a), _as_tensor(e))


def _first(failures: Iterator[Failure | None]) -> Failure | None:
    return next((failure for failure in failures if failure), None)


def _type_failure(terms: Terms, actual: object, wanted: str) -> Failure:
    advice = " (is a return missing?)" if actual is None else ""
    message = f"{terms.subject} is {kind_of(actual)}{advice}; expected {wanted}"
    return Failure(
        kind=FailureKind.TYPE, message=message, label=terms.label, expected=wanted, actual=kind_of(actual)
    )


def _keys_failure(
    terms: Terms,
    actual: dict[object, object],
    expected: dict[object, object],
    lacking: list[object],
    surplus: list[object],
) -> Failure:
    if lacking:
        message = f"{terms.subject} lacks the key {shown(lacking[0])}"
    else:
        message = f"{terms.subject} has the key {shown(surplus[0])}, which is not expected"
    return Failure(
        kind=FailureKind.STRUCTURE,
        message=message,
        label=terms.label,
        expected=shown(list(expected)),
        actual=shown(list(actual)),
    )


def _text(failure: Failure) -> Iterator[str]:
    yield failure.message
    if failure.expected != failure.actual:
        yield f"  expected {failure.expected}, got {failure.actual}"
    if failure.window and failure.differing and failure.differing.total > 1:
        yield ""
        if failure.window.lead:
            yield f"  at {list(failure.window.lead)}"
        yield from (f"  {line}" for line in lines(failure.window))
    if failure.relation:
        yield ""
        yield failure.relation
