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
from .options import Settings, common, complete_track

if TYPE_CHECKING:
    pass


@click.command("list")
@click.option(
    "--track",
    default="",
    metavar="NAME",
    shell_complete=complete_track,
    help="Only the katas of this track.",
)
@click.option(
    "--difficulty",
    type=click.Choice([level.value for level in Difficulty]),
    default=None,
    help="Only katas of this difficulty.",
)
@click.option("--todo", is_flag=True, help="Only what is not passed yet.")
@click.option("--due", is_flag=True, help="Only what is due to be done again.")
@common
def list_katas(settings: Settings, track: str, difficulty: str | None, todo: bool, due: bool) -> None:
    """Show the catalogue, with your progress."""
    with settings.state() as state, closing_notices(settings.screen, state):
        again = [kata.slug for kata in due_katas(state)]
        rows = overview.rows(state, track=track, difficulty=difficulty or "", todo=todo, due=again)
        rows = tuple(row for row in rows if row.due or not due)
        if settings.json:
            settings.screen.emit(_as_json(state.catalog, rows))
        else:
            _draw(settings, state.catalog, rows, due)


def _draw(settings: Settings, catalog: Catalog, rows: tuple[CatalogRow, ...], due: bool) -> None:
    if due and not rows:
        settings.screen.say("No kata is due. `mlkata list` shows them all.")
    elif rows:
        from ..render.catalogue import catalogue_view

        settings.screen.draw(catalogue_view(rows))
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
        "problems": [str(problem) for problem in catalog.problems],
    }
