"""A note of a vault: its lines as they are on disk, its front matter, the cards found in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from ...support.records import record

_BOM = "\ufeff"
_ID_LINE = re.compile(r"<!--\s*guid:\s*(?P<guid>.+?)\s*-->(?:<!--\s*mlkata:(?P<marks>[0-9a-f ]*)-->)?")


class Style(StrEnum):
    """How cards are written in a note."""

    CALLOUTS = "callouts"
    SPACED_REPETITION = "spaced-repetition"


@record(kw_only=True)
class Block:
    """A card in a note, and the lines that it takes: from `start` up to `end`, counted from 0.

    `guid` is the id that its comment has, if there is one; `marks` are what an export of ours noted there.
    `own` is the text of the block without that comment and without `tail`, which a plugin wrote behind it.
    """

    style: Style
    question: str
    answer: str
    explanation: str
    start: int
    end: int
    line: int
    own: str
    guid: str = ""
    marks: tuple[str, ...] = ()
    tail: str = ""
    tag: str = ""
    both_ways: bool = False


@record
class Remark:
    """What is odd in a line of a note, counted from 1."""

    line: int
    text: str


@record(kw_only=True)
class VaultNote:
    """A Markdown file: `lines` are without their ends, but for the CR that some have."""

    path: Path
    content: bytes
    has_bom: bool
    lines: tuple[str, ...]
    facts: dict[str, Any]
    body: int  # the first line behind the front matter, counted from 0

    @classmethod
    def load(cls, path: Path, content: bytes) -> VaultNote:
        """Return the note at *path* that has this *content*, or raise UnicodeDecodeError."""
        text = content.decode("utf-8")
        lines = tuple(text.removeprefix(_BOM).split("\n"))
        end = _end_of_front_matter(lines)
        return cls(
            path=path,
            content=content,
            has_bom=text.startswith(_BOM),
            lines=lines,
            facts=_facts(lines[1 : end - 1]) if end else {},
            body=end,
        )

    @cached_property
    def bare_lines(self) -> tuple[str, ...]:
        """The lines without any CR."""
        return tuple(line.removesuffix("\r") for line in self.lines)

    @cached_property
    def line_end(self) -> str:
        """What the note ends its lines with before the LF: CR or nothing."""
        return "\r" if sum(line.endswith("\r") for line in self.lines) * 2 > len(self.lines) else ""

    def encoded(self, lines: Sequence[str]) -> bytes:
        """Return *lines* as the bytes of a file like this one."""
        return ((_BOM if self.has_bom else "") + "\n".join(lines)).encode("utf-8")


def id_in(line: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the guid and the marks of a line that is a comment with an id, whatever its characters."""
    match = _ID_LINE.fullmatch(line.strip())
    return (match["guid"], tuple((match["marks"] or "").split())) if match else None


def id_line(guid: str, marks: Sequence[str]) -> str:
    """Return the comment with an id and our marks."""
    return f"<!-- guid: {guid} --><!-- mlkata: {' '.join(marks)} -->"


def trimmed(lines: Sequence[str]) -> str:
    """Return *lines* as text without blanks at line ends and empty lines around it."""
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _end_of_front_matter(lines: Sequence[str]) -> int:
    if lines[0].rstrip() != "---":
        return 0
    return next((n + 1 for n, line in enumerate(lines) if n and line.rstrip() == "---"), 0)


def _facts(lines: Sequence[str]) -> dict[str, Any]:
    """Return a note's front matter; where it is no YAML, what its plain lines say."""
    import yaml

    try:
        facts = yaml.safe_load("\n".join(lines))
    except (yaml.YAMLError, ValueError, RecursionError):
        pairs = (line.partition(":") for line in lines if line[:1].isalpha())
        facts = {key: value.strip().strip("\"'") for key, _, value in pairs}
    return {str(key): value for key, value in facts.items()} if isinstance(facts, dict) else {}
