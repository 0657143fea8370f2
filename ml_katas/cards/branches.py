"""The tree of decks that other tools show: papers, katas, and what is the learner's alone."""

from __future__ import annotations

from collections.abc import Iterator

from ..course.deck import Deck
from ..course.library import Library
from ..errors import UsageError

PAPERS, KATAS, OWN = "papers", "katas", "own"


def branch_of(library: Library, deck: Deck) -> str:
    """Return `papers`, `katas` or `own`."""
    if deck.name in library.catalog.slugs:
        return KATAS
    return PAPERS if deck.name in library.papers else OWN


def chosen(library: Library, names: tuple[str, ...]) -> tuple[Deck, ...]:
    """Return the decks of these names, or all that hold a card; a broken one that is named is an error."""
    decks = tuple(dict.fromkeys(map(library.deck, names))) if names else tuple(_filled(library))
    if not decks:
        raise UsageError("There are no cards to export.", "`mlkata cards list` shows what there is.")
    return decks


def _filled(library: Library) -> Iterator[Deck]:
    return (deck for deck in library.decks if deck.cards)
