"""A finding: what the rules have to say about a kata."""

from __future__ import annotations

from pathlib import Path

from ..records import dataclass


@dataclass(frozen=True)
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
