"""The cards of a vault, converted, each with what it is known by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ...course.front_matter import FrontMatter
from ...support.records import record
from .converting import converted, one_line
from .note import Block, Remark, VaultNote
from .sources import Pictures
from .vault import cards_in, hash_of, notes_in


@record(kw_only=True)
class Incoming:
    """A card that was read.

    `guid` is what it is known by from now on: that of the vault, or else `key`, a hash of its deck and
    question. One that was exported has a `mark`, the hash of the text then; `is_edited` says that the text
    is another one by now.
    """

    path: Path
    line: int
    deck: str
    facts: FrontMatter
    question: str
    answer: str
    explanation: str
    guid: str
    key: str
    mark: str = ""
    is_edited: bool = False

    @property
    def was_exported(self) -> bool:
        """Return whether the card went into the vault from here."""
        return bool(self.mark)

    @property
    def content(self) -> str:
        """A hash of what the card says."""
        return content_of(self.question, self.answer, self.explanation)


@record
class Skipped:
    """What was not read, and why."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}" if self.line else f"{self.path}: {self.reason}"


def content_of(question: str, answer: str, explanation: str) -> str:
    """Return a hash of the three texts of a card."""
    return hash_of("\x1e".join(text.strip() for text in (question, answer, explanation)))


def incoming(path: Path, own_folder: Path, pictures: Pictures) -> Iterator[Incoming | Skipped]:
    """Yield the cards in a note, or in all notes below a folder, and what was skipped, in order."""
    seen: dict[str, str] = {}
    for note in notes_in(path):
        if not isinstance(note, VaultNote):
            yield Skipped(note[0], 0, note[1])
        elif own_folder not in note.path.absolute().parents:
            for found in _cards(note, pictures):
                yield _first(found, seen) if isinstance(found, Incoming) else found


def _first(card: Incoming, seen: dict[str, str]) -> Incoming | Skipped:
    """Return *card*, unless its id was met before."""
    if card.guid in seen:
        what = "its guid is" if card.guid != card.key else "its question is"
        return Skipped(card.path, card.line, f"skipped: {what} that of {seen[card.guid]}")
    seen[card.guid] = f"{card.path}:{card.line}"
    return card


def _cards(note: VaultNote, pictures: Pictures) -> Iterator[Incoming | Skipped]:
    for block in cards_in(note):
        if isinstance(block, Remark):
            yield Skipped(note.path, block.line, block.text)
        else:
            yield from _sides(note, block, pictures)


def _sides(note: VaultNote, block: Block, pictures: Pictures) -> Iterator[Incoming | Skipped]:
    """Yield the card that a block is, and the one that asks the other way round."""
    deck, facts = _deck(note, block)
    missing: list[str] = []

    def find(name: str) -> str:
        path = pictures.find(name, note.path)
        missing.extend([] if path else [name])
        return pictures.link(path, deck) if path else ""

    question, answer = one_line(block.question, find), converted(block.answer, find)
    make = partial(
        Incoming,
        path=note.path,
        line=block.line,
        deck=deck,
        facts=facts,
        explanation=converted(block.explanation, find),
        mark=block.marks[0] if block.marks else "",
        is_edited=block.marks[:1] != (hash_of(block.own),),
    )
    key = "q-" + hash_of(f"{deck}\x1e{question}")
    yield make(question=question, answer=answer, guid=block.guid or key, key=key)
    if block.both_ways:
        back = f"{key}-back"
        guid = f"{block.guid}-back" if block.guid else back
        asked, answered = one_line(block.answer, find), converted(block.question, find)
        yield make(question=asked, answer=answered, guid=guid, key=back)
    for name in dict.fromkeys(missing):
        yield Skipped(note.path, block.line, f"the picture {name} is not in the vault; its card is read")


def _deck(note: VaultNote, block: Block) -> tuple[str, FrontMatter]:
    """Return the name of the deck that a card belongs to, and what is known of that deck."""
    parts = block.tag.split("/")[1:]
    name = _slug(" ".join(parts) if parts else note.path.stem) or "cards"
    plain = parts[-1] if parts else note.path.stem
    facts = {} if parts else note.facts
    paper = _text(facts, "paper_title")
    title = _text(facts, "title") or paper or plain.replace("_", " ").replace("-", " ")
    url = _text(facts, "paper_url") or _text(facts, "url")
    return name, FrontMatter(title, paper, url, _tags(note.facts))


def _text(facts: dict[str, Any], key: str) -> str:
    value = facts.get(key)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _tags(facts: dict[str, Any]) -> tuple[str, ...]:
    tags = facts.get("tags") or ()
    words = tags.replace(",", " ").split() if isinstance(tags, str) else tags
    names = [str(word).lstrip("#") for word in words if word] if isinstance(words, list) else []
    return tuple(name for name in names if name and not name.lower().startswith("flashcards"))


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))
