"""`mlkata cards add`."""

from __future__ import annotations

import sys

import click

from ...cards.own import MINE, add_card, draft_of
from ...cards.plan import library_of
from ...course.deck import CardKind
from ..messages import closing_notices, short
from ..options import Settings, common, complete_deck


@click.command()
@click.argument("question", metavar="QUESTION")
@click.argument("answer", default="", metavar="[ANSWER]")
@click.option(
    "--deck", default=MINE, metavar="NAME", shell_complete=complete_deck, help=f"By default {MINE}."
)
@click.option("--kind", type=click.Choice([kind.value for kind in CardKind]), default="recall")
@click.option("--explanation", default="", metavar="TEXT", help="What is shown below the answer.")
@click.option(
    "--slug", default="", metavar="NAME", help="The card's permanent name; by default its first words."
)
@common
def add(
    settings: Settings, question: str, answer: str, deck: str, kind: str, explanation: str, slug: str
) -> None:
    """Add a card of your own to a deck in the workspace, in its folder `decks`.

    QUESTION and ANSWER are Markdown with $formulas$. Without ANSWER it is read from standard input.
    """
    if not answer and sys.stdin.isatty():
        settings.screen.note("Type the answer; Ctrl-D on a line of its own ends it.")
    text = answer or sys.stdin.read()
    with settings.state() as state, closing_notices(settings.screen, state):
        workspace, _ = state.made_workspace()
        library = library_of(state)
        draft = draft_of(
            library, deck, question, text, kind=CardKind(kind), explanation=explanation, slug=slug
        )
        added = add_card(library, workspace.decks, draft)
    if settings.json:
        settings.screen.emit(
            {"schema": "mlkata.cards-add/1", "card": added.id, "path": str(added.path), "line": added.line}
        )
    else:
        settings.screen.say(f"{added.id} is in {short(added.path)}:{added.line}.")
