"""Lines of an author's file: where a finding points to."""

from __future__ import annotations

import re


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
