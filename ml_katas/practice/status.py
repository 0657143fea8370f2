"""What a learner has done with a kata, in one word."""

from __future__ import annotations

from enum import StrEnum


class KataStatus(StrEnum):
    """How far a learner is with a kata."""

    PASSED = "passed"
    ASSISTED = "assisted"  # passed after the solution had been shown
    GAVE_UP = "gave-up"  # the solution was shown, and no pass came after it
    STARTED = "started"
    NEW = "new"
    BROKEN = "broken"  # its files cannot be read, so nobody can do it


DONE = (KataStatus.PASSED, KataStatus.ASSISTED)
ENDED = (*DONE, KataStatus.GAVE_UP)
