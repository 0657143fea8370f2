"""`mlkata cards import`: cards of a vault become the learner's own, and follow it from then on.

A card is known by the guid that the vault gives it, or else by its deck and question; its own id is
permanent. What changed in the vault is taken over, unless the learner changed the card here as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ...course.deck import Card, Deck, with_drawings_of, with_pictures
from ...course.front_matter import FrontMatter
from ...course.library import Library
from ...errors import InvalidDeck, UsageError
from ...support.records import record
from ..own import slug_of
from ..own_file import OwnFile
from ..plan import library_of
from .incoming import Incoming, Skipped, content_of, incoming
from .note import Style
from .sources import Pictures, vault_of
from .writing import CardWriter

if TYPE_CHECKING:
    from ...practice.state import AppState

_NO_WORDS = re.compile(r"\$+[^$]*\$+|!\[[^\]\n]*\]\([^()\s]+\)")  # formulas and pictures
_LINK = re.compile(r"!\[[^\]\n]*\]\(([^()\s]+)\)")


@record
class Taken:
    """What became of a card: `added`, `updated`, `unchanged`, or `kept` because both sides changed it."""

    kind: str
    card: str
    path: Path
    line: int


@record(kw_only=True)
class CardsImport:
    """What became of each card that was read, the pictures that were copied, and what was skipped."""

    path: Path
    taken: tuple[Taken, ...]
    pictures: tuple[Path, ...]
    skipped: tuple[Skipped, ...]

    @property
    def decks(self) -> tuple[str, ...]:
        """The decks that the cards are in."""
        return tuple(dict.fromkeys(taken.card.partition("/")[0] for taken in self.taken))


def import_cards(state: AppState, path: Path) -> CardsImport:
    """Take the cards of a note, or of all notes below a folder, into decks of the workspace."""
    if not path.exists():
        raise UsageError(
            f"There is no {path}.", "Name a note or a folder: a vault, or a clone of a collection."
        )
    own_folder = state.made_workspace()[0].decks
    pictures = Pictures(vault_of(path), own_folder)
    found = tuple(incoming(path, own_folder.absolute(), pictures))
    cards = [card for card in found if isinstance(card, Incoming)]
    importer = _Importer(library_of(state), own_folder, frozenset(card.guid for card in cards))
    for card in cards:
        importer.take(card)
    skipped = (*(item for item in found if isinstance(item, Skipped)), *importer.skipped)
    if not importer.taken and not skipped:
        advice = "Cards are callouts [!question] and [!answer], or stand in a note with the tag #flashcards."
        raise UsageError(f"There are no cards in {path}.", advice)
    pictures.copy(importer.links)
    importer.save()
    return CardsImport(
        path=path, taken=tuple(importer.taken), pictures=tuple(pictures.written), skipped=skipped
    )


class _Importer:
    """Decides what becomes of each card; nothing is written before `save`."""

    def __init__(self, library: Library, folder: Path, guids: frozenset[str]) -> None:
        self.taken: list[Taken] = []
        self.skipped: list[Skipped] = []
        self.links: set[str] = set()
        self._library = library
        self._folder = folder
        self._guids = guids  # of all cards that were read
        self._files: dict[str, OwnFile] = {}
        self._known: dict[str, Card] = {}  # the own cards that were imported, by their guids
        self._ids: dict[str, set[str]] = {}  # of each deck, with those just given
        for name, own in library.own.items():
            for card in Deck.load(own).cards:
                self._ids.setdefault(name, set()).add(card.id)
                self._known |= {card.guid: card} if card.guid else {}

    def take(self, card: Incoming) -> None:
        """Put a card into a deck, or leave it."""
        try:
            kind, where = self._exported(card) if self._is_ours(card) else self._foreign(card)
        except InvalidDeck as problem:
            self.skipped.append(Skipped(card.path, card.line, problem.problem))
            return
        self.taken.append(Taken(kind, where, card.path, card.line))

    def _is_ours(self, card: Incoming) -> bool:
        """Return whether a card went into the vault from here."""
        name = card.guid.partition("/")[0]
        places = self._library.places(name) if card.was_exported and name in self._library.names else ()
        return any(place.card == card.guid for place in places)

    def _exported(self, card: Incoming) -> tuple[str, str]:
        """Take over what the learner changed in the vault, unless the card changed here as well."""
        here = self._library.card(card.guid)
        if not card.is_edited or _content(here) == card.content:
            return "unchanged", here.id
        if here.seen != _content(here) and not _is_as_exported(here, card):
            return "kept", here.id
        deck = self._library.deck(here.deck)
        facts = FrontMatter(deck.title, deck.paper, deck.url, deck.tags)
        self._put(here.deck, facts, here, card, here.guid)
        return "updated", here.id

    def _foreign(self, card: Incoming) -> tuple[str, str]:
        here = self._known.get(card.guid) or self._known.get(card.key) or self._asked_otherwise(card)
        if here is None:
            return "added", self._add(card)
        is_renamed = here.guid != card.guid
        now = _content(here)
        if now == card.content and not is_renamed:
            return "unchanged", here.id
        if now not in (here.seen, card.content):
            return ("unchanged" if here.seen == card.content else "kept"), here.id
        self._put(here.deck, card.facts, here, card, card.guid)
        return "updated", here.id

    def _asked_otherwise(self, card: Incoming) -> Card | None:
        """Return the own card that a card without an id was, before its question was changed in the vault."""
        if card.guid != card.key:
            return None
        same = self._gone.get((self._deck(card.deck), content_of("", card.answer, card.explanation)), [])
        return same[0] if len(same) == 1 else None

    @cached_property
    def _gone(self) -> dict[tuple[str, str], list[Card]]:
        """The own cards without an id in the vault that were not met again, by their deck and answer."""
        found: dict[tuple[str, str], list[Card]] = {}
        for guid, own in self._known.items():
            if guid.startswith("q-") and guid not in self._guids:
                texts = (with_pictures(own.answer), with_pictures(own.explanation))
                found.setdefault((own.deck, content_of("", *texts)), []).append(own)
        return found

    def _add(self, card: Incoming) -> str:
        name = self._deck(card.deck)
        taken = self._ids.setdefault(name, set())
        slug = slug_of(_NO_WORDS.sub(" ", card.question), name, frozenset(taken))
        new = Card(
            id=f"{name}/{slug}", question="", answer="", path=self._folder / f"{name}.md", line=0, end=0
        )
        self._put(name, card.facts, new, card, card.guid)
        taken.add(new.id)
        return new.id

    def _put(self, deck: str, facts: FrontMatter, here: Card, card: Incoming, guid: str) -> None:
        """Write what *card* says into the card that is *here*, with what it is known by."""
        written = Card(
            id=here.id,
            question=card.question,
            answer=with_drawings_of(card.answer, here.answer),
            explanation=with_drawings_of(card.explanation, here.explanation),
            path=card.path,
            line=card.line,
            end=card.line,
            kind=here.kind,
            mistake=here.mistake,
            guid=guid,
            seen=card.content,
        )
        if deck not in self._files:
            self._files[deck] = OwnFile(self._folder / f"{deck}.md", facts)
        self._files[deck].put(written)
        texts = (card.question, card.answer, card.explanation)
        self.links.update(link for text in texts for link in _LINK.findall(text))

    def _deck(self, name: str) -> str:
        """Return the name of the own deck for a deck of the vault; those of the course are not added to."""
        is_taken = name in self._library.papers or name in self._library.catalog.slugs
        return f"{name}-imported" if is_taken else name

    def save(self) -> None:
        """Write each deck, whole."""
        for file in self._files.values():
            file.save()


def _content(card: Card) -> str:
    return content_of(card.question, with_pictures(card.answer), with_pictures(card.explanation))


def _is_as_exported(card: Card, there: Incoming) -> bool:
    """Return whether a card still is what was exported; where in the vault that was is tried out."""
    return any(
        CardWriter(folder, style).written(card, there.path).marks[0] == there.mark
        for folder in _folders_above(there.path)
        for style in Style
    )


def _folders_above(path: Path) -> Iterator[Path]:
    yield from list(path.absolute().parents)[:4]
