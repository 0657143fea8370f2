"""`mlkata check`: judge a submission and show the report."""

from __future__ import annotations

import contextlib
import functools
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
from .options import Settings, common, complete_kata, with_solutions_option
from .screen import Working

_REPLAYED = (
    "This was a replay with a seed of your choice, which does not count as a pass: `mlkata check` does."
)


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
@with_solutions_option
@common
def check(
    settings: Settings, kata: str, file: Path | None, seed: str, cold: bool, with_solutions: bool
) -> int:
    """Judge the submission for KATA; without one, for the kata last started or checked.

    Exit code: 0 passed, 1 not passed, 2 usage, 3 environment, 4 broken kata.
    """
    with settings.state() as state, closing_notices(settings.screen, state):
        with settings.screen.working("checking ...") as working, _judge(cold, state.notes.append) as judge:
            shown = _Shown(settings, working)
            judged = functools.partial(check_file, path=file) if file else check_submission
            checked = judged(
                state,
                name=kata,
                judge=judge,
                seed=seed,
                with_solutions=with_solutions,
                on_verdict=shown.verdict,
            )
        if checked.changed:
            state.notes.append(changed_sentence(checked.kata.slug, checked.changed))
        if seed and not file and checked.report.status is Status.PASSED:
            state.notes.append(_REPLAYED)
        shown.rest(checked)
    return _exit_code(checked.report.status)


class _Shown:
    """What is shown of a check: what did not pass at once, and the mistake behind it when that is found."""

    def __init__(self, settings: Settings, working: Working) -> None:
        self._settings = settings
        self._working = working
        self._is_drawn = False

    def verdict(self, checked: CheckOutcome) -> None:
        """Show a verdict that may take a while to be explained."""
        if not self._settings.json and checked.report.status is not Status.PASSED:
            self._working.clear()
            self._draw(checked)
            self._working.show("looking for the mistake behind it ...")

    def rest(self, checked: CheckOutcome) -> None:
        """Show what is not shown yet."""
        if self._settings.json:
            self._settings.screen.emit(checked.report.to_json())
        elif not self._is_drawn:
            self._draw(checked)
            self._draw_after_a_pass(checked)
        elif checked.report.diagnosis:
            from ..render.report import diagnosis_view

            self._settings.screen.draw(diagnosis_view(checked.report))

    def _draw(self, checked: CheckOutcome) -> None:
        from ..render.report import report_view

        self._is_drawn = True
        kata = checked.kata
        self._settings.screen.draw(
            report_view(
                checked.report,
                title=kata.facts.title,
                file=short(checked.path),
                hints_shown=checked.hints_shown,
                hints_total=len(kata.hints),
            )
        )

    def _draw_after_a_pass(self, checked: CheckOutcome) -> None:
        if checked.finish:
            from ..render.status import finish_view

            self._settings.screen.say()
            self._settings.screen.draw(finish_view(checked.finish))
        for line in _after_a_pass(checked):
            self._settings.screen.say(line)


def _after_a_pass(checked: CheckOutcome) -> Iterator[str]:
    """Yield the two commands to go on with; what does not count leads nowhere."""
    if checked.report.status is not Status.PASSED or not checked.counts:
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
