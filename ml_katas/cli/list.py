"""`mlkata list`: the catalogue, with the progress of the learner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from ..cards.katas import due_katas
from ..course.catalog import Catalog
from ..course.difficulty import Difficulty
from ..practice import overview
from ..practice.overview import CatalogRow
from .messages import closing_notices
from .options import Settings, common, complete_path, complete_track

if TYPE_CHECKING:
    from ..course.tracks import LearningPath


@click.command("list")
@click.option(
    "--track",
    default="",
    metavar="NAME",
    shell_complete=complete_track,
    help="Only the katas of this track.",
)
@click.option(
    "--path",
    default="",
    metavar="NAME",
    shell_complete=complete_path,
    help="Only the katas of this path, in its order.",
)
@click.option(
    "--difficulty",
    type=click.Choice([level.value for level in Difficulty]),
    default=None,
    help="Only katas of this difficulty.",
)
@click.option(
    "--minutes",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Only what takes about N minutes at most.",
)
@click.option("--todo", is_flag=True, help="Only what is not passed yet.")
@click.option("--due", is_flag=True, help="Only what is due to be done again.")
@common
def list_katas(
    settings: Settings,
    track: str,
    path: str,
    difficulty: str | None,
    minutes: int | None,
    todo: bool,
    due: bool,
) -> None:
    """Show the catalogue, with your progress."""
    with settings.state() as state, closing_notices(settings.screen, state):
        again = [kata.slug for kata in due_katas(state)]
        along = overview.known_path(state.catalog, path) if path else None
        rows = overview.rows(
            state,
            track=track,
            path=along,
            difficulty=difficulty or "",
            minutes=minutes,
            todo=todo,
            due=again,
        )
        rows = tuple(row for row in rows if row.due or not due)
        if settings.json:
            settings.screen.emit(_as_json(state.catalog, rows))
        else:
            is_whole = not (track or path or difficulty or minutes or todo or due)
            _draw(settings, state.catalog, rows, due=due, along=along, is_whole=is_whole)


def _draw(
    settings: Settings,
    catalog: Catalog,
    rows: tuple[CatalogRow, ...],
    *,
    due: bool,
    along: LearningPath | None,
    is_whole: bool,
) -> None:
    if due and not rows:
        settings.screen.say("No kata is due. `mlkata list` shows them all.")
    elif rows:
        from ..render.catalogue import catalogue_view, paths_view

        settings.screen.draw(catalogue_view(rows, catalog.tracks, along))
        if is_whole and catalog.paths:
            settings.screen.say()
            settings.screen.draw(paths_view(rows, catalog.paths))
    else:
        what = "No kata fits." if catalog.slugs else "No katas were found."
        settings.screen.say(f"{what} `mlkata list` without options shows all there are.")
    for remark in _remarks(catalog):
        settings.screen.note(remark)


def _remarks(catalog: Catalog) -> Iterator[str]:
    for hidden in catalog.hidden:
        yield f"{hidden.folder} is hidden: {hidden.by} comes first."
    yield from map(str, catalog.problems)


def _as_json(catalog: Catalog, rows: tuple[CatalogRow, ...]) -> dict[str, Any]:
    return {
        "schema": "mlkata.list/1",
        "katas": [vars(row) for row in rows],
        "hidden": [
            {"slug": hidden.slug, "folder": str(hidden.folder), "by": str(hidden.by)}
            for hidden in catalog.hidden
        ],
        "tracks": [vars(track) for track in catalog.tracks],
        "paths": [vars(path) for path in catalog.paths],
        "problems": [str(problem) for problem in catalog.problems],
    }
