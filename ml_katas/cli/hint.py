"""`mlkata hint`."""

from __future__ import annotations

from typing import Any

import click

from ..errors import UsageError
from ..practice.hint import Hinted, all_hints, hint_by_number, next_hint
from .messages import closing_notices
from .options import Settings, common, kata_argument, number_argument, with_number


@click.command()
@kata_argument
@number_argument
@click.option("--all", "is_all", is_flag=True, help="All hints, one below the other.")
@common
def hint(settings: Settings, kata: str, number: str, is_all: bool) -> None:
    """Show the next hint for KATA, or hint N; without KATA, for the one last started or checked."""
    kata, wanted = with_number(kata, number, "hint", "hint --all")
    if is_all and wanted is not None:
        raise UsageError("--all shows every hint, and a number one.", "Give one of the two.")
    with settings.state() as state, closing_notices(settings.screen, state):
        if is_all:
            shown = all_hints(state, kata)
        elif wanted is None:
            shown = (next_hint(state, kata),)
        else:
            shown = (hint_by_number(state, kata, wanted),)
    if settings.json:
        rows = [_as_json(hinted) for hinted in shown]
        slug = shown[0].kata.slug
        whole = {"schema": "mlkata.hints/1", "kata": slug, "hints": rows}
        settings.screen.emit(whole if is_all else {"schema": "mlkata.hint/1", "kata": slug, **rows[0]})
        return
    from ..render.brief import hint_view

    for place, hinted in enumerate(shown):
        if place:
            settings.screen.say()
        settings.screen.draw(hint_view(hinted.kata, hinted.number))
    total = len(shown[0].kata.hints)
    if shown[-1].again and wanted is None and not is_all:
        settings.screen.say(f"You have seen all {total} hints; this is the last one again.")


def _as_json(hinted: Hinted) -> dict[str, Any]:
    found = hinted.kata.hints[hinted.number - 1]
    return {
        "number": hinted.number,
        "total": len(hinted.kata.hints),
        "title": found.title,
        "text": found.text,
        "again": hinted.again,
    }
