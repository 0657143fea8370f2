"""A finding: what the rules have to say about a kata."""

from __future__ import annotations

import re
from pathlib import Path

from ..support.records import record


@record(kw_only=True)
class Finding:
    """Something that keeps a kata from being published; where it is not `vital`, something to weigh.

    `detail` is shown below the problem as it stands: a diff.
    """

    path: Path
    problem: str
    line: int | None = None
    detail: str = ""
    vital: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}" if self.line else f"{self.path}: {self.problem}"


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
