"""Rules for the brief's order and size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...support.markdown import sections
from ..findings import Finding
from .passages import plain

SECTIONS = ("Description", "Guidance", "What is verified")
MOST_LINES, MOST_WORDS = 120, 900
_NO_PARAGRAPH = re.compile(r"\s*(#|\||```|~~~|\$\$|>|[-*+] |\d+[.)] |!\[|<)")
_WORD = re.compile(r"[^\W\d_][\w'-]*")


def brief_is_complete(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The brief has its three sections, in order, each with text."""
    found = sections(kata.brief)
    if tuple(part.title for part in found) != SECTIONS:
        wanted = ", ".join(f"## {title}" for title in SECTIONS)
        wrong = [part.line for part, title in zip(found, SECTIONS, strict=False) if part.title != title]
        more = [part.line for part in found[len(SECTIONS) :]]
        line = next(iter(wrong + more), None)
        yield _finding(kata, f"its sections must be {wanted}, in this order", line)
    for part in found:
        if not part.body:
            yield _finding(kata, f"the section {part.title!r} is empty", part.line)


def brief_begins_with_a_paragraph(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """What comes first in the description is a paragraph that says why anyone wants this."""
    for part in sections(kata.brief)[:1]:
        if _NO_PARAGRAPH.match(part.body):
            problem = "must begin with a paragraph in words: why anyone wants this. Formulas and lists follow"
            yield _finding(kata, f"the section {part.title!r} {problem}", part.line)


def brief_is_short(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The brief is a screen or two."""
    lines = len(kata.brief.splitlines())
    words = len(_WORD.findall(plain(kata.brief)))
    for count, most, unit in ((lines, MOST_LINES, "lines"), (words, MOST_WORDS, "words")):
        if count > most:
            yield _finding(
                kata, f"{count} {unit} are more than a screen or two; cut it to {most}, or split the kata"
            )


def _finding(kata: Kata, problem: str, line: int | None = None) -> Finding:
    return Finding(path=kata.folder / "README.md", problem=problem, line=line)
