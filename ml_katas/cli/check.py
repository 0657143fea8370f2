"""`mlkata check`: judge a submission and show the report."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import click

from ..judging.protocol import Judge
from ..practice.check import CheckOutcome, check_file, check_submission
from ..practice.overview import changed_sentence
from ..report import Status
from .messages import closing_notices, effort, short
from .options import Settings, common, complete_kata


def _hexadecimal(_: click.Context, __: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"[0-9a-fA-F]{1,64}", value):
        raise click.BadParameter("a seed is written in hex, as a report shows it: 7f3a")
    return value.lower()


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
    with settings.state() as state, closing_notices(settings.screen, state):
        with settings.screen.working("checking ..."), _judge(cold, state.notes.append) as judge:
            checked = (
                check_file(state, file, kata, judge=judge, seed=seed)
                if file
                else check_submission(state, kata, judge=judge, seed=seed)
            )
        if checked.changed:
            state.notes.append(changed_sentence(checked.kata.slug, checked.changed))
        if settings.json:
            settings.screen.emit(checked.report.to_json())
        else:
            _draw(settings, checked)
    return _exit_code(checked.report.status)


def _draw(settings: Settings, checked: CheckOutcome) -> None:
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


def _after_a_pass(checked: CheckOutcome) -> Iterator[str]:
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
def _judge(cold: bool, on_note: Callable[[str], None]) -> Iterator[Judge]:
    """Open the judge, and have what draws its verdict imported while it works."""
    from ..judging.client import judging

    threading.Thread(target=import_module, args=("ml_katas.render.report",), daemon=True).start()
    with judging(cold=cold, on_note=on_note) as judge:
        yield judge
