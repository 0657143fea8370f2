"""Evidence: how an instance of a check failed, in a form in which two failures can be compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from ...comparison import Mismatch
from ...comparison.evidence import Compared, error_of, is_same_mistake
from ...report import Failure, Status
from ...support.records import record
from ..boundary.exceptions import RemoteError
from ..boundary.initial_states import State
from ..endings import Ending
from .verdicts import named

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?%?")


@record(kw_only=True)
class Evidence:
    """What is known of one failing instance of a check.

    `place` are the lines of the suite that led there, `text` what was raised; `drew`: random numbers were
    drawn in the sandbox; `states` are those that modules of the submission began with.
    """

    item: pytest.Item
    failure: Failure
    place: tuple[int, ...]
    text: str
    compared: Compared | None = None
    drew: bool = False
    states: tuple[State, ...] = ()

    @classmethod
    def of(
        cls,
        item: pytest.Item,
        error: BaseException,
        failure: Failure,
        *,
        raised: BaseException | None = None,
        drew: bool = False,
        states: tuple[State, ...] = (),
    ) -> Evidence | None:
        """Return the evidence that *error* gives, or None where it says too little; *raised* knows its place.

        Of the ways in which a sandbox ends, only a lack of memory says what the code does: a check is made
        for it, and right code keeps within the limit.
        """
        if isinstance(error, Ending) and error.status is not Status.MEMORY:
            return None
        return cls(
            item=item,
            failure=failure,
            place=_lines(raised or error, item.path),
            text=_raised(error),
            compared=error.compared if isinstance(error, Mismatch) else None,
            drew=drew,
            states=states,
        )

    def is_in_the_same_place_as(self, other: Evidence) -> bool:
        """Return whether both failed in the same assertion, or call, in the same way, whatever the values."""
        same_kind = self.failure.kind == other.failure.kind and self.place == other.place
        return same_kind and (self.compared is not None or self.text == other.text)

    def is_explained_by(self, other: Evidence) -> bool:
        """Return whether both failed in the same place with the same values."""
        if not self.is_in_the_same_place_as(other):
            return False
        if self.compared is None or other.compared is None:
            return self.compared is other.compared
        return is_same_mistake(self.compared, other.compared)

    @property
    def error(self) -> torch.Tensor | None:
        """Actual minus expected as a vector, where that is what failed."""
        return None if self.compared is None else error_of(self.compared)


def _raised(error: BaseException) -> str:
    """Return what was raised: of a comparison both sides, of an exception its message without numbers."""
    if isinstance(error, Ending):
        return error.status
    if isinstance(error, Mismatch):
        failure = error.failure
        return f"{failure.label}: {failure.expected}, {failure.actual}"
    if isinstance(error, RemoteError):
        return _NUMBER.sub("#", f"{error.kind}: {error.message}")
    return _NUMBER.sub("#", named(error))


def _lines(error: BaseException, suite: Path) -> tuple[int, ...]:
    """Return the lines of the suite in the traceback of *error*, from the check inwards."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(suite):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return tuple(lines)
