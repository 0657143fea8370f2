"""`mlkata cards lint`."""

from __future__ import annotations

from typing import Any

import click

from ...cards.lint import findings, record_ids
from ...cards.plan import library_of
from ...errors import InvalidKata
from ..messages import closing_notices, counted, short
from ..options import Settings, common, complete_deck


@click.command()
@click.argument("decks", nargs=-1, metavar="[DECK]...", shell_complete=complete_deck)
@click.option("--record", "is_recording", is_flag=True, help="Add the ids of new cards to released-ids.txt.")
@common
def lint(settings: Settings, decks: tuple[str, ...], is_recording: bool) -> int:
    """Look for mistakes in DECKs, or in all: formulas, pictures, questions asked twice, ids that are gone.

    Exit code: 0 nothing found, 1 something found.
    """
    with settings.state() as state, closing_notices(settings.screen, state):
        library = library_of(state)
        found = tuple(findings(library, decks))
        added = record_ids(library) if is_recording and not found else ()
        shown = [library.deck(name) for name in decks] if decks else library.decks
        cards = sum(len(deck.cards) for deck in shown)
    if settings.json:
        settings.screen.emit(_as_json(found, len(shown), cards, added))
    else:
        for problem in found:
            where = short(problem.path) + (f":{problem.line}" if problem.line else "")
            settings.screen.say(f"{where}: {problem.problem}")
        for card in added:
            settings.screen.say(f"{card} is released now.")
        what = counted(len(found), "problem") if found else "nothing to fix"
        settings.screen.say(f"{counted(len(shown), 'deck')}, {counted(cards, 'card')}: {what}.")
    return 1 if found else 0


def _as_json(
    found: tuple[InvalidKata, ...], decks: int, cards: int, added: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "schema": "mlkata.cards-lint/1",
        "decks": decks,
        "cards": cards,
        "problems": [
            {"path": str(problem.path), "line": problem.line, "problem": problem.problem} for problem in found
        ],
        "recorded": list(added),
    }
