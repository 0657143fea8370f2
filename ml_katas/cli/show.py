"""`mlkata show`: the brief of a kata."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from .messages import closing_notices
from .options import Settings, common, kata_argument

if TYPE_CHECKING:
    from ..course.kata import Kata


@click.command()
@kata_argument
@common
def show(settings: Settings, kata: str) -> None:
    """Show the brief of KATA; without one, of the kata last started or checked."""
    with settings.state() as state, closing_notices(settings.screen, state):
        found = state.find(kata)
    if settings.json:
        settings.screen.emit(_brief_as_json(found))
        return
    from ..render.brief import brief_view

    settings.screen.leaf_through(brief_view(found))


def _brief_as_json(kata: Kata) -> dict[str, Any]:
    facts = kata.facts
    return {
        "schema": "mlkata.show/1",
        "kata": kata.slug,
        "title": facts.title,
        "difficulty": facts.difficulty.value,
        "minutes": facts.minutes,
        "tags": list(facts.tags),
        "requires": list(facts.requires),
        "builds_on": list(facts.builds_on),
        "references": [dataclasses.asdict(reference) for reference in facts.references],
        "brief": kata.brief,
    }
