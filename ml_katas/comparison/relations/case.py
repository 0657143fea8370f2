"""Two tensors that disagree, ready to be asked how one follows from the other."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from ...support.records import record
from ..tolerances import Tolerance, all_finite, differing, same, wide

SAMPLE = 4096


@record(kw_only=True)
class Case:
    """Actual and expected values in float64 or complex128, and what counts as the same."""

    actual: Tensor
    expected: Tensor
    tolerance: Tolerance
    dtype: torch.dtype | None = None
    boolean: bool = False
    whole: bool = False

    @classmethod
    def of(cls, actual: Tensor, expected: Tensor, tolerance: Tolerance) -> Case:
        """Return the case of two tensors of any dtype."""
        whole = not (actual.is_floating_point() or actual.is_complex())
        a, e = wide(actual), wide(expected)
        return cls(
            actual=a,
            expected=e,
            tolerance=tolerance,
            dtype=actual.dtype,
            boolean=actual.dtype == torch.bool,
            whole=whole,
        )

    def gives(self, candidate: Tensor) -> bool:
        """Return whether *candidate*, made from the expected values, is what was returned."""
        return candidate.shape == self.actual.shape and same(self.actual, candidate, self.tolerance)

    def alike(self, a: Tensor, b: Tensor) -> bool:
        """Return whether two tensors hold the same numbers at the tolerance of this case."""
        return a.shape == b.shape and same(a, b, self.tolerance)

    @cached_property
    def differs(self) -> Tensor:
        """Where the values disagree; the shapes must not."""
        return differing(self.actual, self.expected, self.tolerance)

    @cached_property
    def numbers(self) -> Case:
        """The finite values of both, as vectors."""
        if all_finite(self.actual) and all_finite(self.expected):
            return self._part(self.actual.flatten(), self.expected.flatten())
        finite = self.actual.isfinite() & self.expected.isfinite()
        return self._part(self.actual[finite], self.expected[finite])

    @cached_property
    def sample(self) -> Case:
        """A few thousand of these numbers, for a quick no."""
        step = self.actual.numel() // SAMPLE + 1
        return self._part(self.actual.flatten()[::step], self.expected.flatten()[::step])

    @property
    def is_exact_in_float64(self) -> bool:
        """Return whether no integer was rounded on its way to float64."""
        return not self.whole or max(map(_largest, (self.actual, self.expected))) < 2**53

    @property
    def is_conclusive(self) -> bool:
        """Return whether a formula that fits these numbers does so by more than chance.

        A few numbers of different size, or a single one that is not round: 4 is twice 2, its square
        and two more.
        """
        if self.actual.numel() == 1 and not self.whole:
            return not (_is_round(self.actual) or _is_round(self.expected))
        return distinct(self.expected, self.tolerance) >= 3 and distinct(self.actual, self.tolerance) >= 3

    def _part(self, actual: Tensor, expected: Tensor) -> Case:
        return Case(
            actual=actual, expected=expected, tolerance=self.tolerance, boolean=self.boolean, whole=self.whole
        )


def distinct(values: Tensor, tolerance: Tolerance) -> int:
    """Return how many values stand clearly apart, looking at a sample."""
    step = values.numel() // SAMPLE + 1
    ordered = values.flatten()[::step].sort().values
    gaps = ordered.diff() > 20 * (tolerance.atol + tolerance.rtol * ordered[1:].abs())
    return int(gaps.sum()) + 1 if ordered.numel() else 0


def _largest(values: Tensor) -> float:
    return max(map(abs, torch.stack(values.aminmax()).tolist())) if values.numel() else 0.0


def _is_round(scalar: Tensor) -> bool:
    return float(8 * scalar.item()).is_integer()
