"""A submission whose time is over says on which line it is, before it is killed."""

from __future__ import annotations

import contextlib
import math
import os
import signal
from collections.abc import Iterator
from time import monotonic as _now  # a name of our own: a submission may stop the clocks that it finds
from types import FrameType

NAME = "StillRunning"
_INEXACT_S = 0.05
GRACE_S = 0.6  # for saying it


class StillRunning(BaseException):
    """Raised where the submission is when its time is over."""


class Alarm:
    """Rings in the code of the submission, and nowhere else."""

    def __init__(self) -> None:
        self._until: float | None = None
        self._last = math.inf  # when it was to ring at last
        signal.signal(signal.SIGALRM, self._ring)

    @contextlib.contextmanager
    def within(self, seconds: float | None) -> Iterator[None]:
        """Ring in so many seconds, with None not at all; once this is over, as it was before."""
        before, self._until = self._until, None if seconds is None else _now() + seconds
        self._arm()
        try:
            yield
        finally:
            self._until = before
            self._arm()

    def _arm(self) -> None:
        left = 0.0 if self._until is None else max(0.01, self._until - _now())
        self._last = self._last if self._until is None else self._until
        signal.setitimer(signal.ITIMER_REAL, left)

    def _ring(self, number: int, _: FrameType | None) -> None:
        if _now() < self._last - _INEXACT_S:  # a timer of the submission's own
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        elif self._until is not None:
            raise StillRunning
