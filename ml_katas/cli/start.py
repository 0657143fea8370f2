"""`mlkata start` and `mlkata next`: write a starter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from ..practice.overview import NextReason
from ..practice.start import StartedKata, start_kata
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
        started = start_kata(state, kata, bare=settings.bare(bare))
    if settings.json:
        settings.screen.emit(_as_json(started))
        return
    for line in _lines(started):
        settings.screen.say(line)


def _lines(started: StartedKata) -> Iterator[str]:
    name, slug = short(started.path), started.kata.slug
    if started.new_workspace:
        yield f"{started.new_workspace} is now your workspace; .mlkata/ in it keeps your progress."
    if started.written:
        yield f"Wrote {name}: {headline(started.kata)}{_WHY.get(started.why, '')}."
    else:
        yield f"{name} exists and is left as it is: {headline(started.kata)}{_WHY.get(started.why, '')}."
    yield ""
    for command, purpose in (("show", "the brief"), ("check", "is it right?"), ("hint", "a nudge")):
        yield f"  mlkata {command} {slug}".ljust(18 + len(slug)) + purpose


def _as_json(started: StartedKata) -> dict[str, Any]:
    return {
        "schema": "mlkata.start/1",
        "kata": started.kata.slug,
        "path": str(started.path),
        "written": started.written,
        "new_workspace": str(started.new_workspace) if started.new_workspace else None,
        "minutes": started.kata.facts.minutes,
        "why": started.why,
    }
