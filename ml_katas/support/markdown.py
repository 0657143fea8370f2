"""Markdown cut at its second-level headings."""

from __future__ import annotations

from collections.abc import Iterator

from .records import record


@record
class Section:
    """One `## title` and the text below it; `line` is the heading's, from 1."""

    title: str
    body: str
    line: int


def sections(text: str) -> tuple[Section, ...]:
    """Return the sections of *text* in order; headings inside code fences are text."""
    lines = text.splitlines()
    starts = [n for n, line in _outside_fences(lines) if line.startswith("## ")]
    ends = [*starts[1:], len(lines)]
    return tuple(
        Section(lines[start][3:].strip(), "\n".join(lines[start + 1 : end]).strip(), start + 1)
        for start, end in zip(starts, ends, strict=False)
    )


def _outside_fences(lines: list[str]) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in enumerate(lines):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            yield number, line
