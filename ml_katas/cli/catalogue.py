"""`mlkata list` and `mlkata show`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from .. import standing
from ..catalog import Catalog, Row
from ..difficulty import Difficulty
from .options import Settings, common, complete_track, kata_argument
from .saying import closing_notices

if TYPE_CHECKING:
    from ..kata import Kata


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
@common
def list_katas(settings: Settings, track: str, difficulty: str | None, todo: bool) -> None:
    """Show the catalogue, with your progress."""
    with settings.desk() as desk, closing_notices(settings.screen, desk):
        rows = standing.rows(desk, track=track, difficulty=difficulty or "", todo=todo)
        if settings.json:
            settings.screen.emit(_as_json(desk.catalog, rows))
        else:
            _draw(settings, desk.catalog, rows)


@click.command()
@kata_argument
@common
def show(settings: Settings, kata: str) -> None:
    """Show the brief of KATA; without one, of the kata last started or checked."""
    with settings.desk() as desk, closing_notices(settings.screen, desk):
        found = desk.find(kata)
    if settings.json:
        settings.screen.emit(_brief_as_json(found))
        return
    from ..render.brief import brief_view

    settings.screen.draw(brief_view(found))


def _draw(settings: Settings, catalog: Catalog, rows: tuple[Row, ...]) -> None:
    if rows:
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


def _as_json(catalog: Catalog, rows: tuple[Row, ...]) -> dict[str, Any]:
    return {
        "schema": "mlkata.list/1",
        "katas": [vars(row) for row in rows],
        "hidden": [
            {"slug": hidden.slug, "folder": str(hidden.folder), "by": str(hidden.by)}
            for hidden in catalog.hidden
        ],
        "problems": [str(problem) for problem in catalog.problems],
    }


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
        "references": [dataclasses.asdict(reference) for reference in facts.references],
        "brief": kata.brief,
    }
