"""`mlkata review`: the cards and katas that are due, in one sitting."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from ..cards.plan import Plan, Wish, library_of, plan
from ..cards.reviews import Reviews
from ..cards.sitting import Sitting
from ..support.clock import now
from .messages import closing_notices, counted
from .options import Settings, common, complete_deck, complete_track

if TYPE_CHECKING:
    from ..practice.state import AppState
    from .review_lines import Dialogue
    from .review_pages import Pages


@click.command()
@click.option(
    "--deck",
    "decks",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_deck,
    help="Only cards of this deck.",
)
@click.option(
    "--track",
    default="",
    metavar="NAME",
    shell_complete=complete_track,
    help="Only what belongs to this track.",
)
@click.option(
    "--new", type=click.IntRange(0), default=None, metavar="N", help="At most N new cards, today's aside."
)
@click.option("--all", "everything", is_flag=True, help="Every card, due or not.")
@click.option("--cram", is_flag=True, help="Every card once, and nothing of it is kept.")
@common
def review(
    settings: Settings, decks: tuple[str, ...], track: str, new: int | None, everything: bool, cram: bool
) -> None:
    """Ask the cards that are due, then offer the katas that are due.

    The cards of a kata come once it is passed, those of its track's papers at once: 10 new ones a day.
    """
    wish = Wish(decks=decks, track=track, new=new, everything=everything or cram)
    with settings.state() as state, closing_notices(settings.screen, state):
        library = library_of(state)
        found = plan(state, library, wish)
        state.notes.extend(found.notes)
        if settings.json:
            settings.screen.emit(_as_json(found))
        elif not found.cards and not found.katas:
            for line in _nothing(found):
                settings.screen.say(line)
        else:
            _sit(settings, state, found, cram)


def _sit(settings: Settings, state: AppState, found: Plan, cram: bool) -> None:
    workspace, is_new = state.made_workspace()
    if is_new:
        settings.screen.note(f"{workspace.folder} is now your workspace; .mlkata/ in it keeps your progress.")
    sitting = Sitting(found.cards, None if cram else Reviews(state.progress.database))
    kata = _asker(settings)(settings, state, library_of(state), sitting).run(found.katas)
    if kata:
        from ..practice.start import begin_again
        from .start import started_lines

        for line in started_lines(begin_again(state, kata, bare=settings.bare(None))):
            settings.screen.say(line)


def _asker(settings: Settings) -> type[Pages] | type[Dialogue]:
    """Return what asks: pages on a terminal that can be drawn on, or lines."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if is_terminal and not settings.screen.plain:
        from .review_pages import Pages

        return Pages
    from .review_lines import Dialogue

    return Dialogue


def _nothing(found: Plan) -> list[str]:
    """Return why nothing is asked, and what could be."""
    lines = ["Nothing is due."]
    if found.next_due:
        from ..render.dates import returning

        at = now()
        lines[0] = f"Nothing is due. The next card comes back in {returning(found.next_due - at, at)}."
    if found.waiting:
        lines.append(f"{counted(found.waiting, 'new card')} wait for another day: `mlkata review --new 5`.")
    lines.append("`mlkata review --cram` asks every card, and nothing of it is kept.")
    return lines


def _as_json(found: Plan) -> dict[str, Any]:
    return {
        "schema": "mlkata.review/1",
        "due": list(found.due),
        "new": list(found.new),
        "waiting": found.waiting,
        "katas": [{"kata": kata.slug, "since": kata.since.isoformat()} for kata in found.katas],
        "next_due": found.next_due.isoformat() if found.next_due else None,
        "notes": list(found.notes),
    }
