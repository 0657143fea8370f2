"""`mlkata status`, which is also `mlkata` alone."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any

import click

from ..cards.plan import Plan, Wish, library_of, plan
from ..course.catalog import Entry
from ..practice.last import recall
from ..practice.overview import Last, Whereabouts, whereabouts
from ..practice.state import AppState
from .messages import closing_notices
from .options import Settings, common


@click.command()
@common
def status(settings: Settings) -> None:
    """Show where you are: your tracks, the last kata and its last verdict, what to do next.

    `mlkata` alone does the same.
    """
    with settings.state() as state, closing_notices(settings.screen, state):
        due = plan(state, library_of(state), Wish())
        found = whereabouts(state, [kata.slug for kata in due.katas])
        if settings.json:
            settings.screen.emit(_as_json(state, found, due))
            return
        from ..render.status import status_view

        settings.screen.draw(status_view(found, due))
        last = None if state.workspace else recall()
        if last:
            settings.screen.say(f"\nYour workspace is another folder: cd {shlex.quote(str(last))}")


def _as_json(state: AppState, found: Whereabouts, due: Plan) -> dict[str, Any]:
    todo = found.upcoming
    return {
        "schema": "mlkata.status/1",
        "workspace": str(state.workspace.folder) if state.workspace else None,
        "passed": sum(track.passed for track in found.tracks),
        "total": sum(track.total for track in found.tracks),
        "tracks": [dataclasses.asdict(track) for track in found.tracks],
        "last": _last(found.last) if found.last else None,
        "next": {**_kata(todo.entry), "why": todo.why, "needed_for": todo.needed_for or None}
        if todo
        else None,
        "due": {
            "cards": len(due.due),
            "new": len(due.new),
            "katas": [kata.slug for kata in due.katas],
        },
    }


def _last(last: Last) -> dict[str, Any]:
    attempt = last.attempt
    return {
        **_kata(last.entry),
        "status": last.status,
        "attempt": attempt
        and {
            "at": attempt.started,
            "status": attempt.status,
            "passed": attempt.passed,
            "total": attempt.total,
            "seed": attempt.seed,
            "replayed": bool(attempt.replayed),
            "failed_check": attempt.failed_check or None,
            "sentence": last.sentence or None,
        },
    }


def _kata(entry: Entry) -> dict[str, Any]:
    return {
        "kata": entry.slug,
        "title": entry.title,
        "track": entry.track,
        "difficulty": entry.difficulty,
        "minutes": entry.minutes,
    }
