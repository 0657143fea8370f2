"""`mlkata status`, which is also `mlkata` alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from ..catalog import Entry
from ..desk import Desk
from ..standing import Last, Whereabouts, whereabouts
from .options import Settings, common
from .saying import closing_notices


@click.command()
@common
def status(settings: Settings) -> None:
    """Show where you are: your tracks, the last kata and its last verdict, what to do next.

    `mlkata` alone does the same.
    """
    with settings.desk() as desk, closing_notices(settings.screen, desk):
        found = whereabouts(desk)
        if settings.json:
            settings.screen.emit(_as_json(desk, found))
            return
        from ..render.status import status_view

        settings.screen.draw(status_view(found))


def _as_json(desk: Desk, found: Whereabouts) -> dict[str, Any]:
    todo = found.upcoming
    return {
        "schema": "mlkata.status/1",
        "workspace": str(desk.workspace.folder) if desk.workspace else None,
        "passed": sum(track.passed for track in found.tracks),
        "total": sum(track.total for track in found.tracks),
        "tracks": [dataclasses.asdict(track) for track in found.tracks],
        "last": _last(found.last) if found.last else None,
        "next": {**_kata(todo.entry), "why": todo.why} if todo else None,
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
