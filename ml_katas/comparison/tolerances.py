"""When two numbers count as the same: a tolerance that depends on the dtype of the actual value.

Two numbers are the same where |actual - expected| <= atol + rtol * max(|actual|, |expected|), so that
neither side is privileged. NaN is the same as NaN, and an infinity as the infinity of its sign.

| actual                   | rtol   | atol | why                                                         |
|--------------------------|--------|------|-------------------------------------------------------------|
| float64, complex128      | 1e-7   | 1e-7 | room for another order of summation, for nothing else       |
| float32, complex64       | 1e-5   | 1e-5 | a dot product of some hundred terms that cancel             |
| float16                  | 2e-3   | 1e-3 | two roundings and one: half types accumulate in float32     |
| bfloat16                 | 1.6e-2 | 8e-3 | the same with three bits less                               |
| integers, bool           | 0      | 0    | exact, beyond 2**53 too                                     |
| a Python float           | 1e-5   | 1e-5 | `.item()` hides the dtype it came from: treated as float32  |
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ..support.records import record


@record
class Tolerance:
    """How far two numbers may lie apart: atol + rtol * the larger magnitude."""

    rtol: float
    atol: float

    def allows(self, actual: float | complex, expected: float | complex) -> bool:
        """Return whether two Python numbers are the same."""
        if actual == expected or (actual != actual and expected != expected):
            return True
        distance, larger = abs(actual - expected), max(abs(actual), abs(expected))
        return larger < float("inf") and distance <= self.atol + self.rtol * larger


_BLOCK = 1 << 17

EXACT = Tolerance(rtol=0.0, atol=0.0)
PYTHON_FLOAT = Tolerance(rtol=1e-5, atol=1e-5)
TOLERANCES: dict[torch.dtype, Tolerance] = {
    torch.float64: Tolerance(rtol=1e-7, atol=1e-7),
    torch.complex128: Tolerance(rtol=1e-7, atol=1e-7),
    torch.float32: Tolerance(rtol=1e-5, atol=1e-5),
    torch.complex64: Tolerance(rtol=1e-5, atol=1e-5),
    torch.float16: Tolerance(rtol=2e-3, atol=1e-3),
    torch.bfloat16: Tolerance(rtol=1.6e-2, atol=8e-3),
}


def wide(tensor: Tensor) -> Tensor:
    """Return the values alone, in float64 or complex128 and in host memory."""
    return tensor.detach().cpu().to(torch.complex128 if tensor.is_complex() else torch.float64)


def all_finite(values: Tensor) -> bool:
    """Return whether no value is NaN or infinite."""
    # A finite sum proves it at a tenth of the price; only sums of huge numbers ask for more.
    return bool(values.sum().isfinite()) or bool(values.isfinite().all())


def same(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> bool:
    """Return whether two tensors of one shape hold the same numbers everywhere."""
    return all(_same(a, e, tolerance) for a, e in _blocks(actual, expected))


def differing(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> Tensor:
    """Return a mask, True where two tensors of one shape hold different numbers."""
    masks = [_differing(a, e, tolerance) for a, e in _blocks(actual, expected)]
    return torch.cat(masks).reshape(actual.shape)


def excess(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> Tensor:
    """Return |actual - expected| in units of what the tolerance allows; NaN counts as nothing."""
    return torch.cat([_excess(a, e, tolerance) for a, e in _blocks(actual, expected)]).reshape(actual.shape)


def _blocks(actual: Tensor, expected: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    # Blocks that fit a cache are several times as fast as temporaries of the whole size.
    a, e = actual.detach().cpu().flatten(), expected.detach().cpu().flatten()
    starts = range(0, max(len(a), 1), _BLOCK)
    return ((a[start : start + _BLOCK], e[start : start + _BLOCK]) for start in starts)


def _same(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> bool:
    if _are_exact(actual, expected, tolerance) or actual.is_complex() or expected.is_complex():
        return not bool(_differing(actual, expected, tolerance).any())
    a, e = wide(actual), wide(expected)
    # Most answers are nearer than `atol`, which costs a tenth of asking everything that `_differing` asks.
    if not a.numel() or bool((a - e).abs_().max() <= tolerance.atol):
        return True
    return not bool(_differing(a, e, tolerance).any())


def _differing(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> Tensor:
    if _are_exact(actual, expected, tolerance):
        return _differ_exactly(actual, expected)
    a, e = wide(actual), wide(expected)
    distance = (a - e).abs()
    near = distance <= _allowed(a, e, tolerance)
    near &= distance.isfinite()
    near |= a == e
    near |= a.isnan() & e.isnan()
    return near.logical_not_()


def _excess(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> Tensor:
    a, e = wide(actual), wide(expected)
    distance = (a - e).abs()
    if tolerance.rtol or tolerance.atol:
        distance /= _allowed(a, e, tolerance)
    return distance.nan_to_num_(nan=0.0)


def _are_exact(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> bool:
    inexact = (
        actual.is_floating_point(),
        actual.is_complex(),
        expected.is_floating_point(),
        expected.is_complex(),
    )
    return tolerance == EXACT and not any(inexact)


def _differ_exactly(actual: Tensor, expected: Tensor) -> Tensor:
    if actual.dtype != expected.dtype:
        actual, expected = actual.long(), expected.long()
    return actual != expected


def _allowed(actual: Tensor, expected: Tensor, tolerance: Tolerance) -> Tensor:
    larger = torch.maximum(actual.abs(), expected.abs())
    return larger.mul_(tolerance.rtol).add_(tolerance.atol)
