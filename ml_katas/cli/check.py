"""`mlkata check`: judge a submission and show the report."""

from __future__ import annotations

import contextlib
import functools
import re
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from ..judging.protocol import Judge
from ..practice.check import CheckOutcome, check_file, check_submission
from ..practice.overview import changed_sentence
from ..practice.start import is_starter
from ..report import Status
from .messages import LOOKING, closing_notices, effort, short
from .options import Settings, common, complete_kata, with_solutions_option
from .screen import Working

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..render.report import Story

_PATIENCE_S = 1.5
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
        with (
            settings.screen.working("checking ...") as working,
            _Shown(settings, working) as shown,
            _judge(cold, state.notes.append) as judge,
        ):
            judged = functools.partial(check_file, path=file) if file else check_submission
            checked = judged(
                state,
                name=kata,
                judge=judge,
                seed=seed,
                with_solutions=with_solutions,
                on_verdict=shown.verdict,
            )
            shown.rest(checked)
        if checked.changed:
            state.notes.append(changed_sentence(checked.kata.slug, checked.changed))
        if seed and not file and checked.report.status is Status.PASSED:
            state.notes.append(_REPLAYED)
    return _exit_code(checked.report.status)


class _Shown:
    """What is shown of a check: the verdict at once, the rest when the mistake behind it is known.

    Looking for a mistake may take seconds. Who has waited for one sees the failure without it, and the
    mistake below when it is found. A verdict that has left the terminal at the top is said again at the end.
    """

    def __init__(self, settings: Settings, working: Working) -> None:
        self._settings = settings
        self._working = working
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._unexplained: CheckOutcome | None = None
        self._verdict: RenderableType | None = None
        self._height = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
        self._explain()
        if self._verdict is not None and self._settings.screen.has_scrolled(self._height):
            self._settings.screen.say()
            self._settings.screen.draw(self._verdict)

    def verdict(self, checked: CheckOutcome) -> None:
        """Show a verdict that may take a while to be explained."""
        if self._settings.json or checked.report.status is Status.PASSED:
            return
        self._working.clear()
        self._verdict = self._story(checked).verdict_view()
        self._draw(self._verdict)
        self._unexplained = checked
        self._working.show(LOOKING)
        self._timer = threading.Timer(_PATIENCE_S, self._explain, [LOOKING])
        if not _started(self._timer):
            self._explain(LOOKING)

    def rest(self, checked: CheckOutcome) -> None:
        """Show what is not shown yet."""
        if self._settings.json:
            self._settings.screen.emit(checked.report.to_json())
            return
        with self._lock:
            if self._unexplained is not None:
                self._unexplained = checked
                return
        self._working.clear()
        if self._timer is None:
            self._settings.screen.draw(self._story(checked).view())
            self._draw_after_a_pass(checked)
        elif checked.report.diagnosis:
            from ..render.report import diagnosis_view

            self._draw(diagnosis_view(checked.report))

    def _explain(self, still: str = "") -> None:
        """Show what stands below the verdict, if it is not shown yet, and what is *still* waited for."""
        with self._lock:
            checked, self._unexplained = self._unexplained, None
            if checked is not None:
                self._working.clear()
                self._draw(self._story(checked).explanation_view())
                if still:
                    self._working.show(still)

    def _draw(self, view: RenderableType) -> None:
        self._settings.screen.draw(view)
        self._height += self._settings.screen.height_of(view)

    def _story(self, checked: CheckOutcome) -> Story:
        from ..render.report import Story

        kata = checked.kata
        return Story(
            report=checked.report,
            title=kata.facts.title,
            file=short(checked.path),
            hints_shown=checked.hints_shown,
            hints_total=len(kata.hints),
            is_starter=is_starter(kata, checked.path, checked.report),
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

    _started(threading.Thread(target=import_module, args=("ml_katas.render.report",)))
    with judging(cold=cold, on_note=on_note) as judge:
        yield judge


def _started(thread: threading.Thread) -> bool:
    """Start a thread that only saves time; return whether the system has room for one."""
    thread.daemon = True
    try:
        thread.start()
    except RuntimeError:
        return False
    return True
