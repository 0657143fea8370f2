"""`mlkata author new`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ...authoring.scaffold.new import Order, Scaffold, scaffold
from ...authoring.scaffold.placement import Placement, folder_of_katas
from ...course.catalog import Catalog
from ...course.difficulty import Difficulty
from ...support.paths import current_folder
from ..messages import counted, short
from ..options import Settings, common, complete_kata, complete_track
from ..signals import unwinding


@click.command("new")
@click.argument("slug")
@click.option(
    "--from",
    "solution",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The solution; signatures and docstrings are taken from it.",
)
@click.option(
    "--entry-point",
    "entry_points",
    multiple=True,
    metavar="NAME",
    help="A function or class that learners write; without it, all that are public. May be repeated.",
)
@click.option("--title", default="", metavar="TEXT", help="By default from the solution's docstring.")
@click.option(
    "--difficulty",
    type=click.Choice([level.value for level in Difficulty]),
    default=Difficulty.MEDIUM.value,
    show_default=True,
    help="For someone who knows its prerequisites.",
)
@click.option(
    "--minutes", type=click.IntRange(min=1), default=None, metavar="N", help="By default 10, 15 or 30."
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A topic. May be repeated.")
@click.option(
    "--requires",
    multiple=True,
    metavar="KATA",
    shell_complete=complete_kata,
    help="A kata that comes first. May be repeated.",
)
@click.option(
    "--track", default="", metavar="NAME", shell_complete=complete_track, help="The track that it ends."
)
@common
def new(
    settings: Settings,
    slug: str,
    solution: Path | None,
    entry_points: tuple[str, ...],
    title: str,
    difficulty: str,
    minutes: int | None,
    tags: tuple[str, ...],
    requires: tuple[str, ...],
    track: str,
) -> None:
    """Begin the kata SLUG: a whole folder made from a solution, with TODO where you are needed.

    It goes into --katas DIR, or the first folder of MLKATA_PATH, or the folder of katas that is here. A kata
    that exists is left as it is.
    """
    source = folder_of_katas(settings.katas, current_folder())
    with settings.state() as state:
        needed = tuple(state.catalog.resolve(name) for name in requires)
        rivals = [state.catalog.entry(slug).folder] if slug in state.catalog.slugs else []
    level = Difficulty(difficulty)
    order = Order(
        slug=slug,
        solution=solution,
        entry_points=entry_points,
        title=title,
        difficulty=level,
        minutes=minutes or 0,
        tags=tags,
        requires=needed,
        track=track,
    )
    with unwinding():
        made = scaffold(order, source)
    if settings.json:
        settings.screen.emit(_as_json(made))
        return
    for line in _lines(made, source, rivals):
        settings.screen.say(line)


def _lines(made: Scaffold, source: Path, rivals: list[Path]) -> Iterator[str]:
    kata, folder = made.kata, short(made.kata.folder)
    yield f"Wrote {folder}: {counted(len(made.files), 'file')}, {counted(made.todo, 'line')} marked TODO."
    for rival in (path for path in rivals if path.resolve() != kata.folder.resolve()):
        yield f"{rival} has the same name; which of the two is meant depends on --katas and MLKATA_PATH."
    if made.placement:
        yield from _placement_lines(made.placement)
    where = _where(source)
    yield ""
    yield f"  mlkata author check {kata.slug}{where}     what is still to be done"
    yield f"  mlkata author preview {kata.slug}{where}   what a learner will see"


def _placement_lines(placement: Placement) -> Iterator[str]:
    path = short(placement.path)
    if placement.is_written:
        yield f"It ends the track {placement.track!r} in {path}."
        return
    yield f"{placement.remark} Put this into {path}:".strip()
    yield ""
    yield from (f"  {line}" for line in placement.lines)


def _where(source: Path) -> str:
    """Return the option that a command needs to find the katas of *source*, if it needs one."""
    usual = {path.resolve() for path in Catalog.load().sources}
    return "" if source.resolve() in usual else f" --katas {shlex.quote(short(source))}"


def _as_json(made: Scaffold) -> dict[str, Any]:
    return {
        "schema": "mlkata.author-new/1",
        "kata": made.kata.slug,
        "folder": str(made.kata.folder.absolute()),
        "files": list(made.files),
        "todo": made.todo,
    }
