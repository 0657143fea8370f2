"""`mlkata start` and `mlkata next`: write a starter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from ..practice.overview import NextReason
from ..practice.start import Begun, start_kata
from .messages import closing_notices, headline, short
from .options import Settings, bare_option, common, kata_argument

_WHY = {NextReason.UNFINISHED: " (unfinished)", NextReason.TRACK: " (next in the track)"}


@click.command()
@kata_argument
@bare_option
@common
def start(settings: Settings, kata: str, bare: bool | None) -> None:
    """Write the starter of KATA into the workspace; a file that exists is left as it is.

    Without KATA: the last one while it is unfinished, or else the next.
    """
    _start(settings, kata, bare)


@click.command("next")
@bare_option
@common
def next_kata(settings: Settings, bare: bool | None) -> None:
    """Start the next kata: the unfinished one, or the next in the track, or the next of the course."""
    _start(settings, "", bare)


def _start(settings: Settings, kata: str, bare: bool | None) -> None:
    with settings.state() as state, closing_notices(settings.screen, state):
        begun = start_kata(state, kata, bare=settings.bare(bare))
    if settings.json:
        settings.screen.emit(_begun_as_json(begun))
        return
    for line in _begun_lines(begun):
        settings.screen.say(line)


def _begun_lines(begun: Begun) -> Iterator[str]:
    name, slug = short(begun.path), begun.kata.slug
    if begun.new_workspace:
        yield f"{begun.new_workspace} is now your workspace; .mlkata/ in it keeps your progress."
    if begun.written:
        yield f"Wrote {name}: {headline(begun.kata)}{_WHY.get(begun.why, '')}."
    else:
        yield f"{name} exists and is left as it is: {headline(begun.kata)}{_WHY.get(begun.why, '')}."
    yield ""
    for command, purpose in (("show", "the brief"), ("check", "is it right?"), ("hint", "a nudge")):
        yield f"  mlkata {command} {slug}".ljust(18 + len(slug)) + purpose


def _begun_as_json(begun: Begun) -> dict[str, Any]:
    return {
        "schema": "mlkata.start/1",
        "kata": begun.kata.slug,
        "path": str(begun.path),
        "written": begun.written,
        "new_workspace": str(begun.new_workspace) if begun.new_workspace else None,
        "minutes": begun.kata.facts.minutes,
        "why": begun.why,
    }
