"""`mlkata start`, `mlkata next`, `mlkata check` and `mlkata hint`."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from .. import practice
from ..practice import Begun, Checked
from ..report import Status
from ..standing import changed_sentence
from .options import Settings, bare_option, common, complete_kata, kata_argument
from .saying import closing_notices, effort, headline, short

_WHY = {"unfinished": " (unfinished)", "track": " (next in the track)"}


def _hexadecimal(_: click.Context, __: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"[0-9a-fA-F]{1,64}", value):
        raise click.BadParameter("a seed is written in hex, as a report shows it: 7f3a")
    return value.lower()


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


@click.command()
@click.argument("kata", default="", metavar="[KATA or FILE]", shell_complete=complete_kata)
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Judge this file instead, and leave the progress alone.",
)
@click.option("--seed", default="", metavar="HEX", callback=_hexadecimal, help="Replay a run by its seed.")
@click.option("--cold", is_flag=True, help="Judge without the server that stays for the next check.")
@common
def check(settings: Settings, kata: str, file: Path | None, seed: str, cold: bool) -> int:
    """Judge the submission for KATA; without one, for the kata last started or checked.

    Exit code: 0 passed, 1 not passed, 2 usage, 3 environment, 4 broken kata.
    """
    with settings.desk() as desk, closing_notices(settings.screen, desk):
        started: list[bool] = []
        with settings.screen.working("checking ..."), _judge(cold, started):
            checked = (
                practice.check_file(desk, file, kata, seed=seed)
                if file
                else practice.check(desk, kata, seed=seed)
            )
        if started:
            desk.notes.append("A server was started for this check; the next ones will be fast.")
        if checked.changed:
            desk.notes.append(changed_sentence(checked.kata.slug, checked.changed))
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
    from ..render.brief import hint_view

    settings.screen.draw(hint_view(hinted.kata, hinted.number))
    if hinted.again:
        settings.screen.say(f"You have seen all {total} hints; this is the last one again.")


def _start(settings: Settings, kata: str, bare: bool | None) -> None:
    with settings.desk() as desk, closing_notices(settings.screen, desk):
        begun = practice.start(desk, kata, bare=settings.bare(bare))
    if settings.json:
        settings.screen.emit(_begun_as_json(begun))
        return
    for line in _begun_lines(begun):
        settings.screen.say(line)


def _begun_lines(begun: Begun) -> Iterator[str]:
    name, slug = short(begun.path), begun.kata.slug
    if begun.new_workspace:
        yield f"{begun.new_workspace} is now your workspace; .mlkata/ in it keeps your progress."
    if begun.written:
        yield f"Wrote {name}: {headline(begun.kata)}{_WHY.get(begun.why, '')}."
    else:
        yield f"{name} exists and is left as it is: {headline(begun.kata)}{_WHY.get(begun.why, '')}."
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
        "why": begun.why,
    }


def _draw(settings: Settings, checked: Checked) -> None:
    from ..render.report import report_view

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
    if checked.finish:
        from ..render.status import finish_view

        settings.screen.say()
        settings.screen.draw(finish_view(checked.finish))
    for line in _after_a_pass(checked):
        settings.screen.say(line)


def _after_a_pass(checked: Checked) -> Iterator[str]:
    """Yield the two commands to go on with; a file elsewhere leads nowhere."""
    if checked.report.status is not Status.PASSED or not checked.is_recorded:
        return
    yield ""
    yield "  compare   mlkata solution --diff"
    if checked.following:
        entry = checked.following.entry
        yield f"  go on     mlkata next   {entry.title} ({effort(entry.difficulty, entry.minutes)})"
    else:
        yield "  That was the last kata. `mlkata list` shows them all."


def _exit_code(status: Status) -> int:
    return {Status.PASSED: 0, Status.BROKEN: 4}.get(status, 1)


@contextlib.contextmanager
def _judge(cold: bool, started: list[bool]) -> Iterator[None]:
    """Open the judge, and have what draws its verdict imported while it works."""
    from ..judging.client import judging

    threading.Thread(target=import_module, args=("ml_katas.render.report",), daemon=True).start()
    with judging(cold=cold, on_start=lambda: started.append(True)):
        yield
