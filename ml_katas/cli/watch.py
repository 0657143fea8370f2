"""`mlkata watch`: the verdict after every save, and one key for what comes next."""

from __future__ import annotations

import select
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import MlkataError
from ..practice.check import CheckOutcome, OnVerdict, check_submission
from ..practice.start import is_starter, start_kata
from ..practice.watch import (
    Failed,
    Finished,
    Gone,
    Mailbox,
    Runs,
    Saved,
    Saves,
    Verdict,
    WatchEvent,
)
from ..practice.workspace import read_submission
from ..report import Report, Status
from . import watch_pages
from .fullscreen import opened_page
from .messages import LOOKING
from .options import Settings, common, kata_argument, refuse_json, with_solutions_option
from .scroll import Scroll

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..course.kata import Kata
    from ..judging.cancel import Cancel

_QUIT = ("q", "\x03", "\x04")
_ALIAS = {"j": "down", "k": "up"}
_ASK = "Begin again from the starter? Your file is kept as a version. y: yes; any other key: no"


@click.command()
@kata_argument
@with_solutions_option
@common
def watch(settings: Settings, kata: str, with_solutions: bool) -> int:
    """Judge KATA on every save of its file; without one, the kata last started or checked."""
    refuse_json(settings, "watch", "it runs until you quit")
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
        self._is_beside = False  # whether something else than the verdict is shown
        self._is_shown = False  # whether the verdict of this run is on the screen
        self._is_asked = False
        self._doing = ""  # what is waited for
        self._said = ""
        self._following = ""
        self._leave: tuple[str | None] | None = None

    def run(self) -> str | None:
        """Watch until the learner quits, or goes on: then return the kata to watch next."""
        with opened_page(self._settings.screen.plain) as page, Saves(self._path, self._mailbox):
            self._page = page
            self._scroll = Scroll(page)
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
            keys = self._page.pressed()
            if not keys:
                self._leave = (None,)
            for key in keys:
                self._press(_ALIAS.get(key, key))
        elif self._page.needs_redraw():
            self._draw()

    # -------- what happens

    def _receive(self, message: WatchEvent) -> None:
        match message:
            case Saved():
                self._run()
            case Gone():
                self._say(f"{self._path.name} is gone; it is judged when it is there again.")
            case Verdict(report):
                self._doing = "" if report.status is Status.PASSED else LOOKING
                if self._page.is_full_screen:
                    self._is_shown = True
                    self._show(report)
            case Finished(checked):
                self._following = checked.following.entry.slug if checked.following else ""
                self._doing = ""
                if self._is_beside and self._is_shown:  # the learner has turned to something else already
                    self._report = checked.report
                    self._draw()
                else:
                    self._show(checked.report)
            case Failed(error):
                self._doing = ""
                self._turn(str(error), is_beside=False)

    def _run(self) -> None:
        """Judge the file; until then what is shown is the verdict of the save before."""
        self._runs.start()
        self._is_shown = False
        self._doing = f"checking {self._path.name} ..."
        self._say("")

    def _press(self, key: str) -> None:
        asked, self._is_asked = self._is_asked, False
        try:
            if key in _QUIT:
                self._leave = (None,)
            elif asked:
                self._say(self._reset() if key == "y" else "")
            elif self._scroll.move(key):
                self._draw()
            else:
                self._command(key)
        except MlkataError as error:
            self._say(str(error))

    def _command(self, key: str) -> None:
        match key:
            case "r":
                self._run()
            case "v" if self._report is not None:
                self._show(self._report)
            case "h":
                with self._settings.state() as state:
                    self._turn(watch_pages.hint_page(state, self._kata))
            case "s":
                self._turn(watch_pages.brief_page(self._kata))
            case "l":
                with self._settings.state() as state:
                    self._turn(watch_pages.list_page(state))
            case "?":
                self._turn(watch_pages.HELP)
            case "x":
                self._say(_ASK)
            case "o":
                self._open()
            case "n" if self._report is not None and self._report.status is Status.PASSED:
                self._next()

    def _reset(self) -> str:
        with self._settings.state() as state:
            return watch_pages.reset_kata(state, self._kata, bare=self._settings.bare(None))

    def _open(self) -> None:
        from ..practice.editor import opening

        with self._settings.state() as state:
            command = opening(state, self._kata.slug, self._settings.config.settings.editor).command
        with self._page.suspended():
            subprocess.run(command, check=False)
        self._draw()

    def _next(self) -> None:
        if not self._following:
            return
        with self._settings.state() as state:
            start_kata(state, self._following)
        self._leave = (self._following,)

    # -------- what is shown

    def _show(self, report: Report) -> None:
        """Show a verdict."""
        self._report = report
        self._turn(self._report_view(report), is_beside=False)

    def _say(self, text: str) -> None:
        """Say something beside what is shown, which is not said again where lines follow each other.

        A question that is not seen any more is not asked any more.
        """
        self._said = text
        self._is_asked = text == _ASK
        if self._page.is_full_screen:
            self._draw()
        elif text:
            self._settings.screen.say(text)

    def _turn(self, view: RenderableType | str, *, is_beside: bool = True) -> None:
        """Show another view, from its beginning."""
        self._view, self._is_beside = view, is_beside
        self._scroll.reset()
        self._draw()

    def _report_view(self, report: Report) -> RenderableType:
        from ..render.report import Story

        with self._settings.state() as state:
            shown = state.hints_shown(self._kata)
        return Story(
            report=report,
            title=self._kata.facts.title,
            file=self._path.name,
            hints_shown=shown,
            hints_total=len(self._kata.hints),
            is_folded=self._page.is_full_screen,
            is_starter=is_starter(self._kata, self._path, report),
        ).view()

    def _draw(self) -> None:
        passed = self._report is not None and self._report.status is Status.PASSED
        goes_on = passed and bool(self._following)
        keys = watch_pages.keys_line(goes_on=goes_on, is_beside=self._is_beside)
        said = " ".join(filter(None, (self._doing, self._said)))
        self._scroll.draw(self._settings.screen, self._view, said, keys)
