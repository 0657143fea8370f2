"""Decks with how far their cards are, and the cards of a deck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.text import Text

from ..cards.schedule import Memory
from ..course.deck import Card, Deck
from ..support.clock import now
from .dates import day
from .inline import inline
from .page import Page, View


def decks_view(
    decks: Sequence[tuple[Deck, bool]], memories: Mapping[str, Memory], suspended: frozenset[str]
) -> View:
    """Return the decks, each with whether its cards may be asked, and the numbers of its cards."""
    return View(lambda page: _decks(page, decks, memories, suspended))


def cards_view(decks: Sequence[Deck], memories: Mapping[str, Memory], suspended: frozenset[str]) -> View:
    """Return the cards of *decks* with their questions and when they come back."""
    return View(lambda page: _cards(page, decks, memories, suspended))


def _decks(
    page: Page, decks: Sequence[tuple[Deck, bool]], memories: Mapping[str, Memory], suspended: frozenset[str]
) -> Iterator[Text]:
    names = max((len(deck.name) for deck, _ in decks), default=0)
    for deck, is_unlocked in decks:
        counts = _counts(deck, memories, suspended)
        end = page.parts(*map(Text, counts if is_unlocked else ["waits for its kata"]))
        end.stylize("dim")
        lead = Text.assemble("  ", page.text(f"{deck.name:<{names}}", "bold"), "  ")
        if page.is_narrow:
            yield Text.assemble("  ", page.text(deck.name, "bold"))
            yield from page.hanging("    ", end)
            continue
        room = page.width - lead.cell_len - end.cell_len - 2
        title = page.text(deck.title)
        title.truncate(max(0, room), overflow="ellipsis")
        yield from page.apart(Text.assemble(lead, title), end)


def _counts(deck: Deck, memories: Mapping[str, Memory], suspended: frozenset[str]) -> list[str]:
    at = now()
    asked = [card.id for card in deck.cards if card.id not in suspended]
    due = sum(card in memories and memories[card].due <= at for card in asked)
    new = sum(card not in memories for card in asked)
    counts = [f"{len(deck.cards)} card" + "s" * (len(deck.cards) != 1)]
    counts += [f"{due} due"] * bool(due) + [f"{new} new"] * bool(new and new < len(deck.cards))
    kept_out = len(deck.cards) - len(asked)
    return counts + [f"{kept_out} suspended"] * bool(kept_out)


def _cards(
    page: Page, decks: Sequence[Deck], memories: Mapping[str, Memory], suspended: frozenset[str]
) -> Iterator[Text]:
    at = now()
    for number, deck in enumerate(decks):
        if number:
            yield Text()
        yield from page.wrapped(page.text(deck.title, "bold"))
        if deck.paper:
            yield from page.wrapped(page.text(deck.paper, "dim"))
        for card in deck.cards:
            yield Text()
            yield from page.hanging("  ", inline(page, card.question))
            yield from page.hanging("  ", _facts(page, card, memories.get(card.id), suspended, at))


def _facts(page: Page, card: Card, memory: Memory | None, suspended: frozenset[str], at: datetime) -> Text:
    due = "new" if memory is None else "due" if memory.due <= at else f"comes back {day(memory.due, at)}"
    state = "suspended" if card.id in suspended else due
    line = page.parts(page.text(card.id, "cyan"), Text(card.kind.value), Text(state))
    line.stylize("dim")
    return line
