"""Relations between values that stand in the same place: sign, factor, shift, formula, sums."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..number_text import brief
from . import factors
from .case import Case

_MOST_DECIMALS = 9
_FLOAT32_ERROR = 1e-5
_FORMULAS: tuple[tuple[str, Callable[[Tensor], Tensor]], ...] = (
    ("Every value is the square of the expected one.", torch.square),
    ("Every value is the square root of the expected one.", torch.sqrt),
    ("Every value is one over the expected one.", torch.reciprocal),
    ("Every value is one minus the expected one.", lambda e: 1 - e),
    ("Every value is the logarithm of the expected one.", torch.log),
    ("Every value is the exponential of the expected one.", torch.exp),
)


def float32_numbers(case: Case) -> str:
    """A float64 tensor holds the right values, rounded to float32."""
    a, e = case.actual, case.expected
    if case.dtype != torch.float64 or not a.numel() or not bool(a.isfinite().all()):
        return ""
    rounded = bool((a == a.float().double()).all()) and not bool((e == e.float().double()).all())
    near = bool(((a - e).abs() <= _FLOAT32_ERROR * e.abs().max()).all())
    says = "These are float32 numbers in a float64 tensor: something was cast on the way."
    return says if rounded and near else ""


def one_value(case: Case) -> str:
    """Every value is one and the same, and the expected ones are not."""
    if case.actual.numel() < 2:
        return ""
    first = case.actual.flatten()[:1]
    if not case.alike(case.actual, first.expand(case.actual.shape)):
        return ""
    if not first.isnan().any() and case.alike(
        case.expected, case.expected.flatten()[:1].expand(case.actual.shape)
    ):
        return ""
    text = str(bool(first)) if case.boolean else "NaN" if first.isnan().any() else brief(first.item())
    return f"Every value is {text}."


def inverted(case: Case) -> str:
    """True and False are swapped."""
    fits = case.boolean and case.expected.numel() > 1 and case.gives(1 - case.expected)
    return "True and False are swapped." if fits else ""


def opposite_sign(case: Case) -> str:
    """Every value is the negative, or some are."""
    numbers = case.numbers
    if case.boolean or not numbers.actual.numel():
        return ""
    if numbers.sample.gives(-numbers.sample.expected) and numbers.gives(-numbers.expected):
        return "Every value has the opposite sign."
    if numbers.actual.numel() < 3 or numbers.actual.is_complex() or not _agree_in_size(numbers):
        return ""
    wrong = int(numbers.differs.sum())
    return f"Only signs are wrong: {wrong} of {case.actual.numel()}."


def conjugate(case: Case) -> str:
    """Every value is the complex conjugate."""
    fits = case.actual.is_complex() and case.gives(case.expected.conj().resolve_conj())
    return "Every value is the complex conjugate of the expected one." if fits else ""


def constant_factor(case: Case) -> str:
    """Every value is larger or smaller by one factor."""
    numbers = _numbers(case)
    if numbers is None or not _are_significant(numbers):
        return ""
    ratio = _ratio(numbers.actual, numbers.expected)
    if not ratio or not math.isfinite(ratio) or not numbers.gives(numbers.expected * ratio):
        return ""
    factor = max(abs(ratio), 1 / abs(ratio))
    name = factors.named(factor, case.tolerance.rtol, tuple(case.expected.shape))
    text = name or _unlike_one(factor)
    if not text or (case.actual.numel() < 3 and not name):
        return ""
    sign = " and has the opposite sign" if ratio < 0 else ""
    size = "larger" if abs(ratio) > 1 else "smaller"
    return f"Every value is {size} by a factor of {text}{sign}."


def shift(case: Case) -> str:
    """Every value is too large or too small by one amount."""
    numbers = _numbers(case)
    if numbers is None or numbers.actual.numel() < 3:
        return ""
    amount = float((numbers.actual - numbers.expected).mean())
    if not math.isfinite(amount) or not numbers.gives(numbers.expected + amount):
        return ""
    amount = round(amount) if case.whole else amount
    return f"Every value is too {'large' if amount > 0 else 'small'} by {brief(abs(amount))}."


def formula(case: Case) -> str:
    """Every value is a well-known function of the expected one."""
    numbers = _numbers(case)
    if numbers is None or case.whole:
        return ""
    small = numbers.sample
    fits = (s for s, f in _FORMULAS if small.gives(f(small.expected)) and numbers.gives(f(numbers.expected)))
    return next(fits, "")


def sums(case: Case) -> str:
    """The expected values sum to one along a dimension and the actual ones do not."""
    if case.whole or case.actual.is_complex() or not case.expected.dim() or not case.actual.numel():
        return ""
    slack = max(1e-3, 4 * case.tolerance.rtol)
    wanted = [dim for dim in _dims(case) if _sums_to_one(case.expected, dim, slack)]
    missed = [dim for dim in wanted if not _sums_to_one(case.actual, dim, slack)]
    if not missed:
        return ""
    instead = [dim for dim in _dims(case) if dim not in wanted and _sums_to_one(case.actual, dim, slack)]
    return _wrong_dim(case, instead[0], missed[0]) if instead else _wrong_sums(case, missed[0])


def factor_per_row(case: Case) -> str:
    """Each row is right but for a factor of its own."""
    rows = _rows(case)
    if rows is None:
        return ""
    actual, expected = rows
    ratio = (actual * expected).sum(-1, keepdim=True) / expected.square().sum(-1, keepdim=True)
    conclusive = (actual.abs() > 100 * case.tolerance.atol).sum(-1).ge(3).all()
    fits = bool(conclusive) and bool(ratio.isfinite().all()) and case.alike(actual, expected * ratio)
    return f"Each row is off by a factor of its own, {_range(ratio, unlike=1)}." if fits else ""


def shift_per_row(case: Case) -> str:
    """Each row is right but for a shift of its own."""
    rows = _rows(case)
    if rows is None:
        return ""
    actual, expected = rows
    amount = (actual - expected).mean(-1, keepdim=True)
    fits = bool(amount.isfinite().all()) and case.alike(actual, expected + amount)
    return f"Each row is off by a constant of its own, {_range(amount, unlike=0)}." if fits else ""


def nan_rows(case: Case) -> str:
    """NaN fills whole rows, as a softmax over nothing but -inf does."""
    nan = case.actual.isnan()
    if nan.dim() < 2 or nan.shape[-1] < 2 or not nan.any():
        return ""
    whole, some = nan.all(-1), nan.any(-1)
    if not torch.equal(whole, some):
        return ""
    return f"NaN fills whole rows: {int(whole.sum())} of {whole.numel()}."


def _numbers(case: Case) -> Case | None:
    """Return the finite real numbers of a case, if a formula that fits them means something."""
    if case.boolean or case.actual.is_complex() or not case.actual.numel():
        return None
    return case.numbers if case.numbers.is_conclusive else None


def _agree_in_size(numbers: Case) -> bool:
    return all(case.alike(case.actual.abs(), case.expected.abs()) for case in (numbers.sample, numbers))


def _are_significant(numbers: Case) -> bool:
    floor = 100 * numbers.tolerance.atol
    large = (numbers.actual.abs() > floor) & (numbers.expected.abs() > floor)
    return int(large.sum()) >= min(3, numbers.actual.numel())


def _ratio(actual: Tensor, expected: Tensor) -> float:
    # Scaled first: squares of 1e308 are no numbers.
    scale = expected.abs().max()
    expected = expected / scale
    return float((actual / scale * expected).sum() / expected.square().sum())


def _dims(case: Case) -> Iterator[int]:
    return (dim for dim in reversed(range(case.expected.dim())) if case.expected.shape[dim] > 1)


def _sums_to_one(values: Tensor, dim: int, slack: float) -> bool:
    return bool((values >= 0).all()) and bool(((values.sum(dim) - 1).abs() < slack).all())


def _wrong_dim(case: Case, instead: int, wanted: int) -> str:
    if case.expected.dim() == 2:
        return f"Your {_lines(case, instead)} sum to 1; it is the {_lines(case, wanted)} that must."
    return f"Your values sum to 1 along dimension {instead}; they must along dimension {wanted}."


def _wrong_sums(case: Case, dim: int) -> str:
    return f"Your {_lines(case, dim)} sum to {_range(case.actual.sum(dim), unlike=1)}, not 1."


def _lines(case: Case, dim: int) -> str:
    if case.expected.dim() == 1:
        return "values"
    if dim == case.expected.dim() - 1:
        return "rows"
    return "columns" if case.expected.dim() == 2 else f"values along dimension {dim}"


def _rows(case: Case) -> tuple[Tensor, Tensor] | None:
    """Return both as rows of three values or more, if there are two rows or more."""
    if case.whole or case.actual.is_complex() or case.actual.dim() < 2 or case.actual.shape[-1] < 3:
        return None
    rows = case.actual.flatten(0, -2), case.expected.flatten(0, -2)
    return rows if len(rows[0]) > 1 and case.numbers.is_conclusive else None


def _unlike_one(factor: float) -> str:
    """Return a factor with three digits, or as many more as show that it is not one, or "" beyond nine."""
    texts = (f"{factor:.{digits}g}" for digits in range(3, _MOST_DECIMALS + 1))
    return next(
        (brief(factor) if text == f"{factor:.3g}" else text for text in texts if float(text) != 1), ""
    )


def _range(values: Tensor, *, unlike: float) -> str:
    """Return the least and the largest value, with digits enough to show that they are not all *unlike*."""
    ends = float(values.min()), float(values.max())
    for decimals in range(2, _MOST_DECIMALS + 1):
        low, high = (f"{end:.{decimals}f}" for end in ends)
        if {low, high} != {f"{unlike:.{decimals}f}"}:
            break
    return low if low == high else f"{low} … {high}"
