"""`mlkata start` and `mlkata next`: write a starter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from ..cards.katas import due_katas
from ..practice.overview import NextReason
from ..practice.start import StartedKata, start_kata
from ..support.paths import is_crowded
from .messages import closing_notices, headline, short
from .options import Settings, bare_option, common, kata_argument, path_option

_WHY = {
    NextReason.DUE: " (due again)",
    NextReason.UNFINISHED: " (unfinished)",
    NextReason.NEEDED: " (needed first for {})",
    NextReason.PATH: " (next on the path)",
    NextReason.TRACK: " (next in the track)",
}


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
@path_option
@bare_option
@common
def next_kata(settings: Settings, path: str, bare: bool | None) -> None:
    """Start the next kata: one that is due, the unfinished one, the next of your path, track or the course.

    Where that one asks for others first, it is the first of these. One that is due begins from a blank
    starter; your file is kept as a version.
    """
    _start(settings, "", bare, is_next=True, path=path)


def _start(settings: Settings, kata: str, bare: bool | None, is_next: bool = False, path: str = "") -> None:
    with settings.state(path) as state, closing_notices(settings.screen, state):
        due = [found.slug for found in due_katas(state)] if is_next else []
        started = start_kata(state, kata, bare=settings.bare(bare), due=due)
    if settings.json:
        settings.screen.emit(_as_json(started))
        return
    for line in started_lines(started):
        settings.screen.say(line)


def started_lines(started: StartedKata) -> Iterator[str]:
    """Yield what was started and the commands to go on with."""
    name, slug = short(started.path), started.kata.slug
    why = _WHY.get(started.why, "").format(started.needed_for)
    if started.new_workspace:
        yield f"{started.new_workspace} is now your workspace; .mlkata/ in it keeps your progress."
        if is_crowded(started.new_workspace):
            yield "It holds other things, too; `mkdir practice && cd practice` makes a folder of its own."
    if started.written:
        yield f"Wrote {name}: {headline(started.kata)}{why}."
        if started.kept:
            number = started.kept.number
            yield f"Yours is kept as version {number}: `mlkata restore {slug} {number}` brings it back."
    else:
        yield f"{name} exists and is left as it is: {headline(started.kata)}{why}."
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
        "needed_for": started.needed_for or None,
        "kept": started.kept.number if started.kept else None,
    }
