"""What a comparison was asked for: the name of the value, a dtype, a tolerance of the suite's own."""

from __future__ import annotations

from dataclasses import replace

import torch

from ..support.records import record
from .tolerances import EXACT, PYTHON_FLOAT, TOLERANCES, Tolerance


@record
class Terms:
    """The terms of one comparison, for a value or a part of it."""

    label: str = ""
    dtype: torch.dtype | None = None
    rtol: float | None = None
    atol: float | None = None
    nonfinite: bool = False  # whether NaN and infinities may be expected

    @property
    def subject(self) -> str:
        """What a sentence about the value begins with."""
        return self.label or "The result"

    def unmet(self, found: str) -> str:
        """Return the sentence for an expectation that holds what is no number."""
        return (
            f"{self.subject} was compared with {found}, which says nothing. Did your code change what it was "
            "given? (A check that means this says nonfinite=True.)"
        )

    def of_part(self, suffix: str) -> Terms:
        """Return the terms for a part of the value: `cache['k']`, `result[1]`."""
        return replace(self, label=(self.label or "result") + suffix)

    def tolerance(self, actual: torch.dtype | None) -> Tolerance:
        """Return the tolerance for an actual value of this dtype, or for a Python float."""
        return self._own(PYTHON_FLOAT if actual is None else _of_dtype(actual))

    def tolerance_of_integers(self) -> Tolerance:
        return self._own(EXACT)

    def _own(self, usual: Tolerance) -> Tolerance:
        rtol = usual.rtol if self.rtol is None else self.rtol
        return Tolerance(rtol, usual.atol if self.atol is None else self.atol)


def _of_dtype(dtype: torch.dtype) -> Tolerance:
    if dtype in TOLERANCES or not dtype.is_floating_point:
        return TOLERANCES.get(dtype, EXACT)
    step = torch.finfo(dtype).eps
    return Tolerance(rtol=2 * step, atol=step)
