"""Comparison of one tensor with another: shape, dtype, device, NaN and infinities, values, in this order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from ..report import Differing, Failure, FailureKind, Window, Worst
from . import relations
from .terms import Terms
from .tolerances import all_finite, differing, same, wide
from .windows import unravel, window_at, worst_at, worst_index
from .wording import counted, dtype_name, shape_text, signature

_WORDS = ("number", "NaN", "inf", "-inf")
_BYTES = (torch.bool, torch.int8, torch.uint8)
_MEANT_FOR_VALUES = (torch.float64, torch.complex128)  # what an oracle computes in: no claim about the dtype


def compare_tensors(terms: Terms, actual: Tensor, expected: Tensor) -> Failure | None:
    """Return the coarsest disagreement of two tensors, or None."""
    if _are_identical(terms, actual, expected):
        return None
    stages: tuple[Callable[[Terms, Tensor, Tensor], Failure | None], ...] = (
        shape,
        dtype,
        device,
        values,
        meaning,
    )
    actual, expected = _dense(actual), _dense(expected)
    found = (stage(terms, actual, expected) for stage in stages)
    return next((failure for failure in found if failure), None)


def shape(terms: Terms, actual: Tensor, expected: Tensor) -> Failure | None:
    """The shapes are the same."""
    if actual.shape == expected.shape:
        return None
    message = f"{terms.subject} has shape {shape_text(actual.shape)}; expected {shape_text(expected.shape)}"
    relation = relations.between_shapes(actual, expected, terms.tolerance(actual.dtype))
    return _failure(FailureKind.SHAPE, message, terms, actual, expected, relation=relation)


def dtype(terms: Terms, actual: Tensor, expected: Tensor) -> Failure | None:
    """The dtype is the one asked for; a float64 expectation leaves the choice among floating dtypes."""
    wanted = _wanted_dtype(terms, actual, expected)
    if not wanted:
        return None
    message = f"{terms.subject} is {dtype_name(actual.dtype)}; expected {wanted}"
    texts = signature(actual), f"{_bare(wanted)} {shape_text(expected.shape)}"
    return Failure(
        kind=FailureKind.DTYPE, message=message, label=terms.label, expected=texts[1], actual=texts[0]
    )


def device(terms: Terms, actual: Tensor, expected: Tensor) -> Failure | None:
    """The devices are the same; a float64 expectation on the CPU compares values only."""
    oracle = expected.dtype in _MEANT_FOR_VALUES and expected.device.type == "cpu" and not actual.is_meta
    if actual.device == expected.device or oracle:
        return None
    message = f"{terms.subject} is on {actual.device}; expected {expected.device}"
    return _failure(FailureKind.DEVICE, message, terms, actual, expected)


def values(terms: Terms, actual: Tensor, expected: Tensor) -> Failure | None:
    """The values are the same within the tolerance of the actual dtype, NaN and inf in their places."""
    tolerance = terms.tolerance(actual.dtype)
    if same(actual, expected, tolerance):
        return None
    differs = differing(actual, expected, tolerance)
    classes = _classes(actual), _classes(expected)
    if not torch.equal(*classes):
        return _nan(terms, actual, expected, differs, *classes)
    index = worst_index(actual, expected, differs, tolerance)
    found = _marked(terms, actual, expected, differs, index)
    relation = relations.between(actual, expected, tolerance)
    return replace(found, kind=FailureKind.VALUES, message=_message(terms, found), relation=relation)


def meaning(terms: Terms, actual: Tensor, expected: Tensor) -> Failure | None:
    """Numbers are expected, unless the check says that something else is meant."""
    if terms.nonfinite or _are_numbers(expected):
        return None
    classes = torch.bincount(_classes(expected).flatten(), minlength=4).tolist()
    found = " and ".join(f"{count} {_WORDS[n]}" for n, count in enumerate(classes) if n and count)
    return _failure(FailureKind.NAN, terms.unmet(found), terms, actual, expected)


def _are_identical(terms: Terms, actual: Tensor, expected: Tensor) -> bool:
    if (
        actual.dtype != expected.dtype
        or terms.dtype not in (None, actual.dtype)
        or actual.device != expected.device
    ):
        return False
    comparable = actual.layout == expected.layout == torch.strided and actual.dtype.itemsize > 1
    same = (comparable or actual.dtype in _BYTES) and torch.equal(actual, expected)
    return same and (terms.nonfinite or _are_numbers(expected))


def _are_numbers(tensor: Tensor) -> bool:
    return not (tensor.is_floating_point() or tensor.is_complex()) or all_finite(tensor.detach())


def _dense(tensor: Tensor) -> Tensor:
    tensor = tensor.detach()
    return tensor if tensor.layout == torch.strided else tensor.to_dense()


def _wanted_dtype(terms: Terms, actual: Tensor, expected: Tensor) -> str:
    """Return the dtype that is missed, in words, or ""."""
    if terms.dtype is not None:
        return "" if actual.dtype == terms.dtype else dtype_name(terms.dtype)
    if expected.dtype == torch.float64:
        return "" if actual.is_floating_point() else "a floating-point dtype"
    if expected.dtype == torch.complex128:
        return "" if actual.is_complex() else "a complex dtype"
    return "" if actual.dtype == expected.dtype else dtype_name(expected.dtype)


def _bare(wanted: str) -> str:
    return wanted.removeprefix("a ").removesuffix(" dtype")


def _classes(tensor: Tensor) -> Tensor:
    """Return 0 for a number, 1 for NaN, 2 and 3 for the infinities."""
    values = wide(tensor)
    if all_finite(values):
        return torch.zeros((), dtype=torch.uint8).expand(values.shape)
    signs = values.real if values.is_complex() else values
    infinite = values.isinf().to(torch.uint8) * 2 + (signs == -torch.inf).to(torch.uint8)
    return infinite.masked_fill_(values.isnan(), 1)


def _nan(
    terms: Terms, actual: Tensor, expected: Tensor, differs: Tensor, got: Tensor, wanted: Tensor
) -> Failure:
    """Return the failure for NaN or infinities on one side only; the commonest such pair is said."""
    pairs = (got * 4 + wanted).masked_fill(got == wanted, 0).flatten()
    counts = torch.bincount(pairs, minlength=16).tolist()
    counts[0] = 0
    code = max((4, 8, 12, *range(16)), key=lambda pair: (counts[pair], pair in (4, 8, 12)))
    index = unravel(int((pairs == code).int().argmax()), tuple(actual.shape))
    found = _marked(terms, actual, expected, differs, index)
    message = f"{terms.subject} has {_where(counts[code], *divmod(code, 4))}"
    relation = relations.between_nan(actual, expected, terms.tolerance(actual.dtype))
    return replace(found, kind=FailureKind.NAN, message=message, relation=relation)


def _where(count: int, got: int, wanted: int) -> str:
    subject = f"{count} {_WORDS[got]}" if got else counted(count, "number")
    plural = "a number is" if count == 1 else "numbers are"
    return f"{subject} where {f'{_WORDS[wanted]} is' if wanted else plural} expected"


def _marked(
    terms: Terms, actual: Tensor, expected: Tensor, differs: Tensor, index: tuple[int, ...]
) -> Failure:
    """Return a failure with the worst element, the numbers around it, and how many differ."""
    actual, expected = actual.cpu(), expected.cpu()
    return _failure(
        FailureKind.VALUES, "", terms, actual, expected,
        differing=Differing(int(differs.sum()), differs.numel()),
        worst=worst_at(index, actual, expected),
        window=window_at(index, actual, expected, differs),
    )  # fmt: skip


def _message(terms: Terms, found: Failure) -> str:
    assert found.worst
    assert found.differing
    if not found.worst.index:
        return f"{terms.subject} is {found.worst.actual}; expected {found.worst.expected}"
    count, total = found.differing.count, found.differing.total
    worst = f"worst |Δ| {found.worst.difference} at {list(found.worst.index)}"
    return f"{terms.subject} differs in {count} of {counted(total, 'value')}; {worst}"


def _failure(
    kind: FailureKind,
    message: str,
    terms: Terms,
    actual: Tensor,
    expected: Tensor,
    *,
    differing: Differing | None = None,
    worst: Worst | None = None,
    window: Window | None = None,
    relation: str = "",
) -> Failure:
    return Failure(
        kind=kind,
        message=message,
        label=terms.label,
        expected=signature(expected),
        actual=signature(actual),
        differing=differing,
        worst=worst,
        window=window,
        relation=relation,
    )
