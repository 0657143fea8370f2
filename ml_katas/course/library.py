"""The decks that can be found: of papers, of katas, the learner's own; a broken one hides no other."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import InvalidKata, UnknownDeck, UsageError
from ..support.records import record, replace
from .cache import Cache, cache_file
from .catalog import Catalog

if TYPE_CHECKING:
    from .deck import Card, Deck

Read = TypeVar("Read")


@record
class CardPlace:
    """Where a card stands: its file, the line of its question and the last line of its text."""

    card: str
    path: Path
    line: int
    end: int


class Library:
    """All decks: of papers first, then of katas in the order of the course, then those of the learner alone.

    A learner's own deck lies in the folder `decks` of the workspace. One that is named like another deck
    changes that: its version of a card wins, and its other cards are added at the end.
    """

    def __init__(self, catalog: Catalog, own: Path | None = None) -> None:
        self.catalog = catalog
        self.own_folder = own
        self._problems: dict[Path, InvalidKata] = {}
        self._places: dict[str, tuple[CardPlace, ...]] = {}
        self._titles: dict[str, str] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all decks; reads no file."""
        return tuple(dict.fromkeys((*sorted(self.papers), *self._katas, *sorted(self.own))))

    @cached_property
    def papers(self) -> dict[str, Path]:
        """The files of paper decks by name, the first of a name; none is named like a kata."""
        found: dict[str, Path] = {}
        for path in (path for folder in self.catalog.deck_folders for path in files_in(folder)):
            found.setdefault(path.stem, path)
        return {name: path for name, path in found.items() if name not in self.catalog.slugs}

    @cached_property
    def own(self) -> dict[str, Path]:
        """The learner's own files by name."""
        return {path.stem: path for path in files_in(self.own_folder)} if self.own_folder else {}

    @property
    def decks(self) -> tuple[Deck, ...]:
        """Every deck that can be read, whole; `problems` says why others cannot."""
        found = (self._whole(name) for name in self.names)
        return tuple(deck for deck in found if deck)

    @property
    def problems(self) -> tuple[InvalidKata, ...]:
        """What is wrong with the decks that were asked for and cannot be read."""
        return tuple(self._problems.values())

    def deck(self, name: str) -> Deck:
        """Return the deck called *name* whole, or raise UnknownDeck or what is wrong with it."""
        deck = self._whole(self.known(name))
        if deck is None:
            raise next(iter(self._problems.values()))
        return deck

    def known(self, name: str) -> str:
        """Return *name* where it is a deck's, or raise UnknownDeck with the nearest ones."""
        if name in self.names:
            return name
        import difflib

        raise UnknownDeck(name, difflib.get_close_matches(name, self.names, n=3, cutoff=0.6))

    def places(self, name: str) -> tuple[CardPlace, ...]:
        """Return where the cards of a deck stand; a file is read once, and again when it changed."""
        if name not in self._places:
            own = self._places_in(name, self.own.get(name), lambda: self._own(name))
            base = self._places_in(name, self._base_path(name), lambda: self._base(name))
            mine = {place.card: place for place in own}
            kept = tuple(mine.pop(place.card, place) for place in base)
            self._places[name] = (*kept, *mine.values())
        return self._places[name]

    def title(self, name: str) -> str:
        """Return the title of a deck that can be read."""
        self.places(name)
        return self._titles.get(name, name)

    def card(self, card_id: str) -> Card:
        """Return the card of this id, read from its place alone, or raise UsageError."""
        name = card_id.partition("/")[0]
        for place in self.places(self.known(name)):
            if place.card == card_id:
                return self._card_at(place)
        raise UsageError(f"No card called {card_id!r}.", f"`mlkata cards list --deck {name}` shows them.")

    def anew(self) -> Library:
        """Return the decks as they are now."""
        return Library(self.catalog, self.own_folder)

    def save(self) -> None:
        """Keep what was read for the next command."""
        self._cache.save()

    @cached_property
    def _cache(self) -> Cache:
        return Cache(cache_file("decks"))

    @cached_property
    def _katas(self) -> tuple[str, ...]:
        placed = [slug for track in self.catalog.tracks for slug in track.katas]
        return tuple(dict.fromkeys((*placed, *sorted(self.catalog.slugs))))

    def _base_path(self, name: str) -> Path | None:
        folder = self.catalog.folder(name)
        return folder / "cards.md" if folder else self.papers.get(name)

    def _places_in(self, name: str, path: Path | None, read: Callable[[], Deck | None]) -> list[CardPlace]:
        if path is None or not path.is_file():
            return []

        def found() -> list[Any]:
            deck = read()
            if deck is None:
                raise _Broken
            return [deck.title, [[card.slug, card.line, card.end] for card in deck.cards]]

        try:
            title, cards = self._cache.value(path, found)
        except _Broken:
            return []
        self._titles[name] = self.catalog.entry(name).title if name in self.catalog.slugs else title
        return [CardPlace(f"{name}/{slug}", path, line, end) for slug, line, end in cards]

    def _whole(self, name: str) -> Deck | None:
        own, base = self._own(name), self._base(name)
        return merged(base, own) if own and base else own or base

    def _base(self, name: str) -> Deck | None:
        from .deck import Deck

        path = self._base_path(name)
        if path is None or not path.is_file():
            return None
        if path == self.papers.get(name):
            return self._read(path, lambda: Deck.load(path))
        entry = self.catalog.entry(name)
        return self._read(path, lambda: Deck.of_kata(path, name, title=entry.title, tags=entry.tags))

    def _own(self, name: str) -> Deck | None:
        from .deck import Deck

        path = self.own.get(name)
        return self._read(path, lambda: Deck.load(path)) if path else None

    def _read(self, path: Path, read: Callable[[], Read]) -> Read | None:
        try:
            return read()
        except InvalidKata as problem:
            self._problems[path] = problem
            return None

    def _card_at(self, place: CardPlace) -> Card:
        from .deck import card_in

        return card_in(place.path, place.card, place.line, place.end)


class _Broken(Exception):
    """A deck cannot be read, so nothing of it is kept."""


def files_in(folder: Path) -> tuple[Path, ...]:
    """Return the Markdown files of a folder of decks, by name."""
    try:
        found = [path for path in folder.iterdir() if path.suffix == ".md" and path.name[0] not in "._"]
    except OSError:
        return ()
    return tuple(sorted(found))


def merged(deck: Deck, own: Deck) -> Deck:
    """Return *deck* with the cards of the learner's *own* one in the place of its own, and added to them."""
    mine = {card.id: card for card in own.cards}
    kept = tuple(mine.pop(card.id, card) for card in deck.cards)
    return replace(deck, cards=(*kept, *mine.values()))
