"""Rules for the brief's order and size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...course.passages import plain
from ...support.markdown import sections
from ..findings import Finding

SECTIONS = ("Description", "Guidance", "What is verified")
MOST_LINES, MOST_WORDS = 120, 900
_NO_PARAGRAPH = re.compile(r"\s*(#|\||```|~~~|\$\$|>|[-*+] |\d+[.)] |!\[|<)")
_WORD = re.compile(r"[^\W\d_][\w'-]*")


def brief_is_complete(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The brief has its three sections, in order, each with text.

    Learners look for things where the last kata had them: what it is, how to go about it, what is verified.

    Give it `## Description`, `## Guidance` and `## What is verified`, and make what has another heading a
    paragraph of one of them.
    """
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
    """What comes first in the description is a paragraph that says why anyone wants this.

    Someone who meets a formula first does not know what to expect of it, and reads it twice.

    Write two or three sentences in words: which problem this solves and where it is used. The formula, the
    contract and lists come after it.
    """
    for part in sections(kata.brief)[:1]:
        if _NO_PARAGRAPH.match(part.body):
            problem = "must begin with a paragraph in words: why anyone wants this. Formulas and lists follow"
            yield _finding(kata, f"the section {part.title!r} {problem}", part.line)


def brief_is_short(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The brief is a screen or two.

    It is read in a terminal, beside an editor; what does not fit is not read, and a check that relies on it
    seems unfair.

    Leave out what the references say as well, keep what a check relies on. Where that is still too much, it
    is two katas.
    """
    lines = len(kata.brief.splitlines())
    words = len(_WORD.findall(plain(kata.brief)))
    for count, most, unit in ((lines, MOST_LINES, "lines"), (words, MOST_WORDS, "words")):
        if count > most:
            yield _finding(
                kata, f"{count} {unit} are more than a screen or two; cut it to {most}, or split the kata"
            )


def _finding(kata: Kata, problem: str, line: int | None = None) -> Finding:
    return Finding(path=kata.folder / "README.md", problem=problem, line=line)
