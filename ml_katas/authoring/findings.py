"""A finding: what a rule has to say about a kata."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from ..support.records import record


class Severity(StrEnum):
    """Whether a finding keeps a kata from being published."""

    ERROR = "error"
    WARNING = "warning"  # for the author to weigh


@record(kw_only=True)
class Finding:
    """What is wrong with a kata, where, and the name of the rule that says so.

    `detail` is shown below the problem as it stands: a diff. The tables of rules fill in `rule`.
    """

    path: Path
    problem: str
    line: int | None = None
    detail: str = ""
    severity: Severity = Severity.ERROR
    rule: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return f"{place}: {self.problem}" if self.is_error else f"{place}: {self.severity}: {self.problem}"


def line_of(text: str, *patterns: str) -> int | None:
    """Return the line of the last of *patterns* that is found, each sought behind the one before it."""
    behind, found = 0, None
    for pattern in patterns:
        match = re.compile(pattern, re.MULTILINE).search(text, behind)
        if match is None:
            break
        behind, found = match.end(), match.start()
    return None if found is None else line_at(text, found)


def line_at(text: str, place: int) -> int:
    """Return the line, from 1, of the character at *place*."""
    return text.count("\n", 0, place) + 1
