"""`mlkata start`, `mlkata check` and `mlkata hint`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from .. import practice
from ..practice import Begun, Checked
from ..report import Status
from .options import Settings, common, complete_kata, kata_argument
from .saying import closing_notices, effort, headline, short


def _hexadecimal(_: click.Context, __: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"[0-9a-fA-F]{1,64}", value):
        raise click.BadParameter("a seed is written in hex, as a report shows it: 7f3a")
    return value.lower()


@click.command()
@kata_argument
@common
def start(settings: Settings, kata: str) -> None:
    """Write the starter of KATA into the workspace; a file that exists is left as it is.

    Without KATA: the last one while it is not passed, or else the first that is not.
    """
    with settings.desk() as desk, closing_notices(settings.screen, desk):
        begun = practice.start(desk, Path.cwd(), kata)
    if settings.json:
        settings.screen.emit(_begun_as_json(begun))
        return
    for line in _begun_lines(begun):
        settings.screen.say(line)


@click.command()
@click.argument("kata", default="", metavar="[KATA or FILE]", shell_complete=complete_kata)
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Judge this file instead, and leave the progress alone.",
)
@click.option("--seed", default="", metavar="HEX", callback=_hexadecimal, help="Replay a run by its seed.")
@common
def check(settings: Settings, kata: str, file: Path | None, seed: str) -> int:
    """Judge the submission for KATA; without one, for the kata last started or checked.

    Exit code: 0 passed, 1 not passed, 2 usage, 3 environment, 4 broken kata.
    """
    with settings.desk() as desk, closing_notices(settings.screen, desk):
        with settings.screen.working("checking ..."):
            checked = (
                practice.check_file(desk, file, kata, seed=seed)
                if file
                else practice.check(desk, kata, seed=seed)
            )
        if settings.json:
            settings.screen.emit(checked.report.to_json())
        else:
            _draw(settings, checked)
    return _exit_code(checked.report.status)


@click.command()
@kata_argument
@common
def hint(settings: Settings, kata: str) -> None:
    """Show the next hint for KATA; without one, for the kata last started or checked."""
    with settings.desk() as desk, closing_notices(settings.screen, desk):
        hinted = practice.hint(desk, kata)
    found, total = hinted.kata.hints[hinted.number - 1], len(hinted.kata.hints)
    if settings.json:
        settings.screen.emit(
            {
                "schema": "mlkata.hint/1",
                "kata": hinted.kata.slug,
                "number": hinted.number,
                "total": total,
                "title": found.title,
                "text": found.text,
                "again": hinted.again,
            }
        )
        return
    from ..render import hint_view

    settings.screen.draw(hint_view(hinted.kata, hinted.number))
    if hinted.again:
        settings.screen.say(f"You have seen all {total} hints; this is the last one again.")


def _begun_lines(begun: Begun) -> Iterator[str]:
    name, slug = short(begun.path), begun.kata.slug
    if begun.new_workspace:
        yield f"{begun.new_workspace} is now your workspace; .mlkata/ in it keeps your progress."
    if begun.written:
        yield f"Wrote {name}: {headline(begun.kata)}."
    else:
        yield f"{name} exists and is left as it is: {headline(begun.kata)}."
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
    }


def _draw(settings: Settings, checked: Checked) -> None:
    from ..render import report_view

    kata = checked.kata
    settings.screen.draw(
        report_view(
            checked.report,
            title=kata.facts.title,
            file=short(checked.path),
            hints_shown=checked.hints_shown,
            hints_total=len(kata.hints),
        )
    )
    for line in _after_a_pass(checked):
        settings.screen.say(line)


def _after_a_pass(checked: Checked) -> Iterator[str]:
    if checked.report.status is not Status.PASSED:
        return
    following = checked.following
    if following:
        about = effort(following.difficulty, following.minutes)
        yield f"\nNext: `mlkata start {following.slug}`, {following.title} ({about})."
    elif checked.track_title:
        yield f"\nYou finished the track {checked.track_title}. `mlkata list --todo` shows what is left."


def _exit_code(status: Status) -> int:
    return {Status.PASSED: 0, Status.BROKEN: 4}.get(status, 1)
