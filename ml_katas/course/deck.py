"""Flashcards: a kata's or a paper's deck, read from Markdown."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import InvalidKata
from ..support.markdown import Section, sections
from ..support.records import record
from ..support.toml import read_text

_MARK = re.compile(r"<!--\s*card:\s*([a-z0-9]+(?:-[a-z0-9]+)*)\s*-->")


@record
class Card:
    """A question and its answer, both Markdown; `id` is permanent: `moe-topk/why-renormalise`."""

    id: str
    question: str
    answer: str


@record
class Deck:
    """The cards of one owner, in file order."""

    cards: tuple[Card, ...]

    @classmethod
    def load(cls, path: Path, owner: str) -> Deck:
        """Return the deck at *path*, or raise InvalidKata.

        A card is a `## question`, a line `<!-- card: name -->` and the answer.
        """
        cards = tuple(_card(path, owner, part) for part in sections(read_text(path)))
        seen: set[str] = set()
        for card in cards:
            if card.id in seen:
                raise InvalidKata(path, None, f"the card id {card.id!r} is used twice; ids are permanent")
            seen.add(card.id)
        return cls(cards)


def _card(path: Path, owner: str, part: Section) -> Card:
    marks = _MARK.findall(part.body)
    if len(marks) != 1:
        raise InvalidKata(path, part.line, "a card needs one line such as <!-- card: why-renormalise -->")
    answer = _MARK.sub("", part.body).strip()
    if not part.title or not answer:
        raise InvalidKata(path, part.line, "a card needs a question in its heading and an answer below it")
    return Card(f"{owner}/{marks[0]}", part.title, answer)
