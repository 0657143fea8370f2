"""`mlkata cards`: the flashcards themselves."""

from __future__ import annotations

import click

from ..commands import LazyGroup

COMMANDS = {
    "list": ("ml_katas.cli.cards.list:list_cards", "The decks, or the cards of one."),
    "show": ("ml_katas.cli.cards.show:show", "A card with its answer."),
    "add": ("ml_katas.cli.cards.add:add", "A card of your own."),
    "suspend": ("ml_katas.cli.cards.suspend:suspend", "Ask cards no more."),
    "resume": ("ml_katas.cli.cards.suspend:resume", "Ask suspended cards again."),
    "lint": ("ml_katas.cli.cards.lint:lint", "What is wrong with decks."),
    "export": ("ml_katas.cli.cards.export:group", "Write cards for Anki or Obsidian."),
    "import": ("ml_katas.cli.cards.import_cards:import_cards", "Take cards from a vault of Obsidian."),
}


@click.group(name="cards", cls=LazyGroup, table=COMMANDS)
def group() -> None:
    """See, write, exchange your flashcards."""
