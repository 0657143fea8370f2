"""`mlkata cards suspend` and `mlkata cards resume`."""

from __future__ import annotations

import click

from ...cards.plan import library_of
from ...cards.reviews import Reviews
from ..messages import closing_notices
from ..options import Settings, common


@click.command()
@click.argument("cards", nargs=-1, required=True, metavar="CARD...")
@common
def suspend(settings: Settings, cards: tuple[str, ...]) -> None:
    """Ask these CARDs no more, until `mlkata cards resume`; what is known of them is kept."""
    _set(settings, cards, is_asked=False)


@click.command()
@click.argument("cards", nargs=-1, required=True, metavar="CARD...")
@common
def resume(settings: Settings, cards: tuple[str, ...]) -> None:
    """Ask these CARDs again, on the dates that they have."""
    _set(settings, cards, is_asked=True)


def _set(settings: Settings, cards: tuple[str, ...], *, is_asked: bool) -> None:
    with settings.state() as state, closing_notices(settings.screen, state):
        library = library_of(state)
        ids = [library.card(card).id for card in cards]
        reviews = Reviews(state.progress.database)
        for card in ids:
            if is_asked:
                reviews.resume(card)
            else:
                reviews.suspend(card)
    word = "asked again" if is_asked else "suspended"
    if settings.json:
        settings.screen.emit({"schema": "mlkata.cards-suspend/1", "cards": ids, "suspended": not is_asked})
    else:
        for card in ids:
            settings.screen.say(f"{card} is {word}.")
