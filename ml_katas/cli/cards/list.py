"""`mlkata cards list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ...cards.plan import is_unlocked, library_of
from ...cards.reviews import Reviews
from ..messages import closing_notices
from ..options import Settings, common, complete_deck
from .show import card_as_json

if TYPE_CHECKING:
    from ...cards.schedule import Memory
    from ...course.deck import Deck
    from ...practice.state import AppState


@click.command("list")
@click.option(
    "--deck",
    "names",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_deck,
    help="The cards of this deck.",
)
@common
def list_cards(settings: Settings, names: tuple[str, ...]) -> None:
    """Show the decks with how many of their cards are new and due, or the cards of some decks."""
    with settings.state() as state, closing_notices(settings.screen, state):
        library = library_of(state)
        decks = tuple(library.deck(name) for name in names) if names else library.decks
        state.notes.extend(map(str, library.problems))
        reviews = Reviews(state.progress.database) if state.has_progress else None
        memories = reviews.memories() if reviews else {}
        suspended = reviews.suspended() if reviews else frozenset()
        if settings.json:
            settings.screen.emit(_as_json(state, decks, memories, suspended))
            return
        from ...render.decks import cards_view, decks_view

        rows = [(deck, is_unlocked(state, deck.name)) for deck in decks]
        view = cards_view(decks, memories, suspended) if names else decks_view(rows, memories, suspended)
        settings.screen.draw(view)


def _as_json(
    state: AppState, decks: tuple[Deck, ...], memories: dict[str, Memory], suspended: frozenset[str]
) -> dict[str, Any]:
    return {
        "schema": "mlkata.cards-list/1",
        "decks": [
            {
                "deck": deck.name,
                "title": deck.title,
                "paper": deck.paper,
                "url": deck.url,
                "tags": list(deck.tags),
                "unlocked": is_unlocked(state, deck.name),
                "cards": [
                    card_as_json(card, memories.get(card.id), card.id in suspended) for card in deck.cards
                ],
            }
            for deck in decks
        ],
    }
