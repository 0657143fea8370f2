"""`mlkata watch`: the verdict after every save, and one key for what comes next."""

from __future__ import annotations

import select
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..practice.check import CheckOutcome, OnVerdict, check_submission
from ..practice.hint import next_hint
from ..practice.start import start_kata
from ..practice.watch import (
    Failed,
    Finished,
    Mailbox,
    Runs,
    Saved,
    Saves,
    Verdict,
    WatchEvent,
)
from ..practice.workspace import read_submission
from ..report import Report, Status
from .fullscreen import opened_page
from .options import Settings, common, kata_argument, with_solutions_option

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..course.kata import Kata
    from ..judging.cancel import Cancel

_KEYS = "h hint · r run · s brief · o open · n next · q quit"


@click.command()
@kata_argument
@with_solutions_option
@common
def watch(settings: Settings, kata: str, with_solutions: bool) -> int:
    """Judge KATA on every save of its file; without one, the kata last started or checked."""
    from ..judging.client import require_platform

    require_platform()
    slug = kata
    while slug is not None:
        with settings.state() as state:
            found = state.find(slug)
            path = state.needed_workspace(found).submission_path(found)
        read_submission(path, found.slug)
        slug = _Watch(settings, found, path, with_solutions).run()  # type: ignore[assignment]
    return 0


class _Watch:
    """One kata being watched: what is known, what is shown, what a key does."""

    def __init__(self, settings: Settings, kata: Kata, path: Path, with_solutions: bool) -> None:
        self._settings = settings
        self._with_solutions = with_solutions
        self._kata = kata
        self._path = path
        self._mailbox = Mailbox()
        self._runs = Runs(self._check, self._mailbox)
        self._report: Report | None = None
        self._view: RenderableType | str = f"checking {path.name} ..."
        self._following = ""
        self._leave: tuple[str | None] | None = None

    def run(self) -> str | None:
        """Watch until the learner quits, or goes on: then return the kata to watch next."""
        with opened_page(self._settings.screen.plain) as page, Saves(self._path, self._mailbox):
            self._page = page
            self._runs.start()
            self._draw()
            try:
                while self._leave is None and self._settings.screen.is_read:
                    self._serve()
            except KeyboardInterrupt:
                self._leave = (None,)
            finally:
                self._runs.stop()
        if self._report is not None and page.is_full_screen:
            self._settings.screen.draw(self._report_view(self._report))
        return self._leave[0] if self._leave else None

    def _check(self, on_verdict: OnVerdict, cancel: Cancel) -> CheckOutcome:
        from ..judging.client import judging

        with self._settings.state() as state, judging() as judge:
            return check_submission(
                state,
                self._kata.slug,
                judge=judge,
                with_solutions=self._with_solutions,
                on_verdict=on_verdict,
                cancel=cancel,
            )

    def _serve(self) -> None:
        waiting = [self._mailbox.fileno(), *self._page.keys()]
        ready, _, _ = select.select(waiting, [], [], 0.5)
        if self._mailbox.fileno() in ready:
            for message in self._mailbox.take():
                self._receive(message)
        elif ready:
            self._press(self._page.key())
        elif self._page.needs_redraw():
            self._draw()

    # -------- what happens

    def _receive(self, message: WatchEvent) -> None:
        match message:
            case Saved():
                self._runs.start()
                return
            case Verdict(report):
                self._show(report)
            case Finished(checked):
                self._following = checked.following.entry.slug if checked.following else ""
                if self._report != checked.report:
                    self._show(checked.report)
            case Failed(error):
                self._view = str(error)
        self._draw()

    def _press(self, key: str) -> None:
        match key:
            case "q" | "\x03" | "\x04" | "":
                self._leave = (None,)
            case "r":
                self._runs.start()
            case "h":
                self._view = self._hint()
                self._draw()
            case "s":
                self._view = self._brief()
                self._draw()
            case "o":
                self._open()
            case "n" if self._report is not None and self._report.status is Status.PASSED:
                self._next()

    def _show(self, report: Report) -> None:
        self._report = report
        self._view = self._report_view(report)

    def _hint(self) -> RenderableType:
        from ..render.brief import hint_view

        with self._settings.state() as state:
            hinted = next_hint(state, self._kata.slug)
        return hint_view(hinted.kata, hinted.number)

    def _brief(self) -> RenderableType:
        from ..render.brief import brief_view

        return brief_view(self._kata)

    def _open(self) -> None:
        from ..practice.editor import opening

        with self._settings.state() as state, self._page.suspended():
            command = opening(state, self._kata.slug, self._settings.config.settings.editor).command
            subprocess.run(command, check=False)
        self._draw()

    def _next(self) -> None:
        if not self._following:
            return
        with self._settings.state() as state:
            start_kata(state, self._following)
        self._leave = (self._following,)

    # -------- what is shown

    def _report_view(self, report: Report) -> RenderableType:
        from ..render.report import report_view

        with self._settings.state() as state:
            shown = state.hints_shown(self._kata)
        return report_view(
            report,
            title=self._kata.facts.title,
            file=self._path.name,
            hints_shown=shown,
            hints_total=len(self._kata.hints),
        )

    def _draw(self) -> None:
        passed = self._report is not None and self._report.status is Status.PASSED
        keys = _KEYS if passed and self._following else _KEYS.replace(" · n next", "")
        self._page.draw(self._settings.screen, self._view, keys)
