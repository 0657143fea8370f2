"""The file of a learner's own deck while many cards are put into it; it is written once."""

from __future__ import annotations

import json
from pathlib import Path

from ..course.deck import Card, Deck, card_of
from ..course.front_matter import FrontMatter
from ..errors import InvalidDeck, WorkspaceError
from ..support.files import as_file_error, write_unless_changed, write_whole
from ..support.markdown import parted, sections
from ..support.toml import read_text
from .own import text_of


class OwnFile:
    """A deck in the workspace, or the beginning of one; a damaged one raises InvalidDeck."""

    def __init__(self, path: Path, facts: FrontMatter) -> None:
        self._path = path
        self._head = facts
        self._before = path.read_bytes() if path.exists() else b""
        self._lines = read_text(path).splitlines() if self._before else []
        self._changes: dict[int, tuple[int, str]] = {}  # from a line to a line, both from 1
        self._added: list[str] = []
        self._cards = {card.id: card for card in Deck.load(path).cards} if self._before else {}

    def put(self, card: Card) -> None:
        """Put *card* where the one of its id stands, or at the end; InvalidDeck says why it cannot be."""
        text = text_of(card)
        _refuse_other_reading(self._path, card, text)
        there = self._cards.get(card.id)
        if there is not None:
            self._changes[there.line] = (there.end, text)
        else:
            self._added.append(text)

    def save(self) -> None:
        """Write what was put; WorkspaceError is raised where the deck was saved meanwhile."""
        text = "\n".join([self._changed() + "\n", *self._added])
        content = text.replace("\n", "\r\n" if b"\r\n" in self._before else "\n").encode()
        with as_file_error(self._path, "written"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._before:
                write_whole(self._path, content)
            elif not write_unless_changed(self._path, self._before, content):
                raise WorkspaceError(f"{self._path} was saved meanwhile.", "Run the command again.")

    def _changed(self) -> str:
        lines = list(self._lines) if self._before else self._new_head()
        for start, (end, text) in sorted(self._changes.items(), reverse=True):
            lines[start - 1 : end] = text.rstrip("\n").split("\n")
        return "\n".join(lines).rstrip("\n")

    def _new_head(self) -> list[str]:
        facts = {"title": self._head.title, "paper": self._head.paper, "url": self._head.url}
        lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items() if value]
        if self._head.tags:
            lines.append(f"tags: {json.dumps(list(self._head.tags), ensure_ascii=False)}")
        return ["---", *lines, "---"]


def _refuse_other_reading(path: Path, card: Card, text: str) -> None:
    """A text that a deck would read as something else must not get into one."""
    parts = sections(text)
    _, fences = parted(enumerate(text.splitlines()))
    if len(parts) == 1 and all(fence.is_closed for fence in fences):
        read = card_of(path, card.deck, parts[0])
        if (read.question, read.answer, read.explanation) == (card.question, card.answer, card.explanation):
            return
    raise InvalidDeck(card.path, card.line, "this card cannot be written as one of a deck")
