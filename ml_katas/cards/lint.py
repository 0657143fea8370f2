"""What is wrong with decks, as `file:line: problem`; a new rule is a function and a line in RULES."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..course.deck import Card, CardKind, Deck, drawings_in
from ..course.library import Library
from ..course.passages import formulas, links, lone_dollars, problem_of_formula, problem_of_link
from ..course.released import released_lists
from ..errors import InvalidDeck, InvalidKata
from ..support.spelling import nearest

WIDEST_DRAWING = 76
_FIELDS = ("question", "answer", "explanation")


def findings(library: Library, names: Iterable[str] = ()) -> Iterator[InvalidKata]:
    """Yield what is wrong with the decks of these names, or with all and the ids that were released."""
    chosen = tuple(names)
    decks = [library.deck(name) for name in chosen] if chosen else library.decks
    yield from library.problems
    for deck in decks:
        for rule in RULES:
            yield from rule(deck, library)
    yield from _same_questions(decks)
    if not chosen:
        yield from lost_ids(library)


def lost_ids(library: Library) -> Iterator[InvalidDeck]:
    """Yield the ids that were released and are no card's any more."""
    present = [card.id for deck in library.decks for card in deck.cards]
    for released in released_lists(library.catalog):
        yield from released.lost(present)


def record_ids(library: Library) -> tuple[str, ...]:
    """Add the ids of all cards to the lists that they belong into, and return those that are new."""
    from ..support.files import as_file_error, write_whole

    added: list[str] = []
    cards = [card for deck in library.decks for card in deck.cards]
    for released in released_lists(library.catalog):
        new = [card.id for card in cards if released.holds(card.path) and card.id not in released.ids]
        with as_file_error(released.path, "written"):
            write_whole(released.path, released.with_ids(new).encode())
        added += new
    return tuple(added)


def _has_cards(deck: Deck, library: Library) -> Iterator[InvalidDeck]:
    if not deck.cards:
        yield InvalidDeck(deck.path, 1, "a deck without a card; a card begins with '## question'")


def _names_its_paper(deck: Deck, library: Library) -> Iterator[InvalidDeck]:
    """A paper's deck says which paper it is about."""
    if deck.path != library.papers.get(deck.name):
        return
    for name in ("paper", "url", "tags"):
        if not getattr(deck, name):
            yield InvalidDeck(deck.path, 1, f"{name!r} is missing in the front matter")


def _formulas_can_be_read(deck: Deck, library: Library) -> Iterator[InvalidDeck]:
    for card, name, text in _texts(deck):
        for formula in formulas(text):
            problem = problem_of_formula(formula.latex)
            if problem:
                whole = " ".join(formula.latex.split())
                yield _at(card, name, text, formula.start, f"the formula ${whole}$ {problem}")
        for place in lone_dollars(text):
            says = r"a $ that is part of no formula; close it within its paragraph, or write \$ for the sign"
            yield _at(card, name, text, place, says)


def _links_lead_somewhere(deck: Deck, library: Library) -> Iterator[InvalidDeck]:
    """Pictures exist, and so does every other file that is linked."""
    for card, name, text in _texts(deck):
        for link in links(text):
            problem = problem_of_link(card.path.parent, link)
            if problem:
                yield _at(card, name, text, link.start, problem)


def _drawings_fit(deck: Deck, library: Library) -> Iterator[InvalidDeck]:
    """A picture has a drawing in characters that fits a terminal, and a card that asks for one has one."""
    for card in deck.cards:
        drawings = drawings_in(card)
        if card.kind is CardKind.DRAWING and not drawings:
            yield InvalidDeck(card.path, card.line, "the answer needs a picture, or a block ```drawing")
        for drawing in drawings:
            if drawing.columns > WIDEST_DRAWING:
                says = f"a drawing of {drawing.columns} columns; terminals have room for {WIDEST_DRAWING}"
                yield InvalidDeck(card.path, card.line, says)


def _mistakes_exist(deck: Deck, library: Library) -> Iterator[InvalidDeck]:
    """A card names a known mistake of its kata."""
    named = [card for card in deck.cards if card.mistake]
    if not named:
        return
    known = _mistakes(library, deck.name)
    for card in named:
        if card.mistake not in known:
            says = f"{deck.name} has no mistake called {card.mistake!r}.{nearest(card.mistake, known)}"
            yield InvalidDeck(card.path, card.line, says)


def _mistakes(library: Library, kata: str) -> tuple[str, ...]:
    if kata not in library.catalog.slugs:
        return ()
    return tuple(mistake.name for mistake in library.catalog.find(kata).mistakes)


RULES: tuple[Callable[[Deck, Library], Iterator[InvalidDeck]], ...] = (
    _has_cards,
    _names_its_paper,
    _formulas_can_be_read,
    _links_lead_somewhere,
    _drawings_fit,
    _mistakes_exist,
)


def _same_questions(decks: Iterable[Deck]) -> Iterator[InvalidDeck]:
    """A question is asked once; case, spaces and signs do not make it another."""
    first: dict[str, Card] = {}
    for card in (card for deck in decks for card in deck.cards):
        words = re.sub(r"[^\w$\\{}^+=<>-]+", " ", card.question).casefold().strip()
        other = first.setdefault(words, card)
        if other is not card:
            says = f"the same question as {other.id}, {_place(other.path, card.path)}:{other.line}"
            yield InvalidDeck(card.path, card.line, says)


def _texts(deck: Deck) -> Iterator[tuple[Card, str, str]]:
    """Yield the texts of each card, with the names of their fields."""
    for card in deck.cards:
        for name in _FIELDS:
            if getattr(card, name):
                yield card, name, getattr(card, name)


def _at(card: Card, name: str, text: str, place: int, problem: str) -> InvalidDeck:
    """Return a problem at a place in a text of a card, with its line in the file."""
    within = text.count("\n", 0, place)
    if name == "question":
        return InvalidDeck(card.path, card.line, problem)
    lines = card.path.read_text(encoding="utf-8").splitlines()
    first = text.splitlines()[0]
    at = next((n for n in range(card.line, card.end) if lines[n].strip() == first.strip()), card.line)
    return InvalidDeck(card.path, at + 1 + within, problem)


def _place(path: Path, other: Path) -> str:
    return path.name if path.parent == other.parent else str(path)
