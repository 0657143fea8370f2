"""`mlkata hint`."""

from __future__ import annotations

import click

from ..practice.hint import next_hint
from .messages import closing_notices
from .options import Settings, common, kata_argument


@click.command()
@kata_argument
@common
def hint(settings: Settings, kata: str) -> None:
    """Show the next hint for KATA; without one, for the kata last started or checked."""
    with settings.state() as state, closing_notices(settings.screen, state):
        hinted = next_hint(state, kata)
    found, total = hinted.kata.hints[hinted.number - 1], len(hinted.kata.hints)
    if settings.json:
        settings.screen.emit(
            {
                "schema": "mlkata.hint/1",
                "kata": hinted.kata.slug,
                "number": hinted.number,
                "total": total,
                "title": found.title,
                "text": found.text,
                "again": hinted.again,
            }
        )
        return
    from ..render.brief import hint_view

    settings.screen.draw(hint_view(hinted.kata, hinted.number))
    if hinted.again:
        settings.screen.say(f"You have seen all {total} hints; this is the last one again.")
