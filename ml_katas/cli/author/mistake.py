"""`mlkata author mistake`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ...authoring.mistake import NewMistake, make_mistake
from ...judging.protocol import solution_of
from ..messages import short
from ..options import Settings, common, complete_kata


@click.command("mistake")
@click.argument("kata", metavar="KATA", shell_complete=complete_kata)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--name", default="", metavar="NAME", help="What is done wrong; by default the file's name.")
@click.option("--dry-run", is_flag=True, help="Show the entry and write nothing.")
@common
def mistake(settings: Settings, kata: str, file: Path, name: str, dry_run: bool) -> None:
    """Make an entry of KATA's mistakes.md from FILE, a wrong submission.

    It holds what FILE changes in the solution and the checks that fail it with each of three seeds. What
    learners are to read is yours to write, where it says TODO. A submission that passes is refused.
    """
    from ...judging.client import judging

    with settings.state() as state:
        found = state.catalog.find(kata)
        below = tuple(map(solution_of, state.catalog.foundation(found)))
    with judging() as judge, settings.screen.working(f"judging {file} ..."):
        made = make_mistake(found, file, judge, builds_on=below, name=name, write=not dry_run)
    if settings.json:
        settings.screen.emit(_as_json(found.slug, made))
        return
    for line in _lines(found.slug, made):
        settings.screen.say(line)


def _lines(slug: str, made: NewMistake) -> Iterator[str]:
    where = f"{short(made.mistake.path)}:{made.mistake.line}"
    if made.is_written:
        yield f"Wrote {made.mistake.name} to {where}, caught by {', '.join(made.mistake.caught_by)}."
    else:
        yield f"This would go to {where}:"
        yield ""
        yield from (f"  {line}".rstrip() for line in made.entry.splitlines())
        yield ""
    for name in made.alike:
        yield f"{name} behaves the same on every check: no learner could tell one from the other."
    if made.is_written:
        yield ""
        yield "  Say at both TODO what learners are to read, then:"
        yield f"  mlkata author preview {slug} --mistake {made.mistake.name}"


def _as_json(slug: str, made: NewMistake) -> dict[str, Any]:
    return {
        "schema": "mlkata.author-mistake/1",
        "kata": slug,
        "name": made.mistake.name,
        "path": str(made.mistake.path),
        "line": made.mistake.line,
        "caught_by": list(made.mistake.caught_by),
        "alike": list(made.alike),
        "entry": made.entry,
        "written": made.is_written,
    }
