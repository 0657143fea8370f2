"""Markdown cut at its second-level headings and at its code fences."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .records import record

Numbered = tuple[int, str]  # a line with its number

_OPENING = re.compile(r"\s*(?P<mark>```+(?=[^`]*$)|~~~+)\s*(?P<language>.*?)\s*$")


@record
class Section:
    """One `## title` and the text below it; lines count from 1.

    `line` is the heading's, `body_line` that of the text's beginning, `end` that of its last line.
    """

    title: str
    body: str
    line: int
    body_line: int
    end: int


@record
class Fence:
    """A fenced block of code: its language, its lines, the number of the line that opens it."""

    language: str
    lines: tuple[Numbered, ...]
    line: int
    is_closed: bool

    @property
    def span(self) -> range:
        """The numbers of all its lines, those of its marks among them."""
        return range(self.line, self.line + len(self.lines) + 1 + self.is_closed)


def sections(text: str) -> tuple[Section, ...]:
    """Return the sections of *text* in order; headings inside code fences are text."""
    lines = text.splitlines()
    outside, _ = parted(enumerate(lines))
    starts = [number for number, line in outside if line.startswith("## ")]
    ends = [*starts[1:], len(lines)]
    return tuple(_section(lines, start, end) for start, end in zip(starts, ends, strict=False))


def _section(lines: list[str], start: int, end: int) -> Section:
    filled = [number for number in range(start + 1, end) if lines[number].strip()] or [start]
    text = "\n".join(lines[start + 1 : end]).strip()
    return Section(lines[start][3:].strip(), text, start + 1, filled[0] + 1, filled[-1] + 1)


def parted(lines: Iterable[Numbered]) -> tuple[tuple[Numbered, ...], tuple[Fence, ...]]:
    """Part *lines* into those outside code fences and the fences."""
    outside, fences, left = [], [], iter(lines)
    for number, line in left:
        opening = _OPENING.match(line)
        if opening is None:
            outside.append((number, line))
            continue
        inside, is_closed = [], False
        for inner in left:
            if is_closed := _closes(inner[1], opening["mark"]):
                break
            inside.append(inner)
        fences.append(Fence(opening["language"], tuple(inside), number, is_closed))
    return tuple(outside), tuple(fences)


def _closes(line: str, mark: str) -> bool:
    return line.strip().startswith(mark) and not line.strip().strip(mark[0])
