"""`mlkata watch`: the verdict after every save, and one key for what comes next."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import practice
from ..report import Report, Status
from ..watching import Failed, Finished, Mailbox, Message, Runs, Saved, Saves, Verdict
from ..workspace import read_submission
from .options import Settings, common, kata_argument

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..kata import Kata

_KEYS = "h hint · r run · s brief · o open · n next · q quit"


@click.command()
@kata_argument
@common
def watch(settings: Settings, kata: str) -> int:
    """Judge KATA on every save of its file; without one, the kata last started or checked."""
    from ..judging.client import require_platform

    require_platform()
    slug = kata
    while slug is not None:
        with settings.desk() as desk:
            found = desk.find(slug)
            path = desk.needed_workspace(found).submission_path(found)
        read_submission(path, found.slug)
        slug = _Watch(settings, found, path).run()  # type: ignore[assignment]
    return 0


class _Watch:
    """One kata being watched: what is known, what is shown, what a key does."""

    def __init__(self, settings: Settings, kata: Kata, path: Path) -> None:
        self._settings = settings
        self._kata = kata
        self._path = path
        self._mailbox = Mailbox()
        self._runs = Runs(self._check, kata.slug, self._mailbox)
        self._failed_before: frozenset[str] = frozenset()
        self._report: Report | None = None
        self._view: RenderableType | str = f"checking {path.name} ..."
        self._following = ""
        self._leave: tuple[str | None] | None = None

    def run(self) -> str | None:
        """Watch until the learner quits, or goes on: then return the kata to watch next."""
        with _page(self._settings.screen.plain) as page, Saves(self._path, self._mailbox):
            self._page = page
            self._runs.start()
            self._draw()
            try:
                while self._leave is None:
                    self._serve()
            except KeyboardInterrupt:
                self._leave = (None,)
            finally:
                self._runs.stop()
        if self._report is not None and page.is_full_screen:
            self._settings.screen.draw(self._report_view(self._report))
        return self._leave[0]

    def _check(self, seed: str, on_event: Any, cancel: Any) -> practice.Checked:
        with self._settings.desk() as desk:
            return practice.check(desk, self._kata.slug, seed=seed, on_event=on_event, cancel=cancel)

    def _serve(self) -> None:
        waiting = [self._mailbox.fileno(), *self._page.keys()]
        ready, _, _ = select.select(waiting, [], [], 0.5)
        if self._mailbox.fileno() in ready:
            for message in self._mailbox.take():
                self._hear(message)
        elif ready:
            self._press(self._page.key())
        elif self._page.was_resized():
            self._draw()

    # -------- what happens

    def _hear(self, message: Message) -> None:
        match message:
            case Saved():
                self._runs.start()
                return
            case Verdict(report):
                self._show(report)
            case Finished(checked):
                self._following = checked.following.entry.slug if checked.following else ""
                self._failed_before = checked.report.failed_checks
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

        with self._settings.desk() as desk:
            hinted = practice.hint(desk, self._kata.slug)
        return hint_view(hinted.kata, hinted.number)

    def _brief(self) -> RenderableType:
        from ..render.brief import brief_view

        return brief_view(self._kata)

    def _open(self) -> None:
        from ..editing import opening

        with self._settings.desk() as desk, self._page.suspended():
            command = opening(desk, self._kata.slug, self._settings.config.settings.editor).command
            subprocess.run(command, check=False)
        self._draw()

    def _next(self) -> None:
        if not self._following:
            return
        with self._settings.desk() as desk:
            practice.start(desk, self._following)
        self._leave = (self._following,)

    # -------- what is shown

    def _report_view(self, report: Report) -> RenderableType:
        from ..render.report import report_view

        with self._settings.desk() as desk:
            shown = desk.hints_shown(self._kata)
        first = self._failed_before | report.failed_checks
        checks = tuple(sorted(report.checks, key=lambda check: check.name not in first))
        return report_view(
            replace(report, checks=checks),
            title=self._kata.facts.title,
            file=self._path.name,
            hints_shown=shown,
            hints_total=len(self._kata.hints),
        )

    def _draw(self) -> None:
        passed = self._report is not None and self._report.status is Status.PASSED
        keys = _KEYS if passed and self._following else _KEYS.replace(" · n next", "")
        self._page.draw(self._settings.screen, self._view, keys)


# -------- the terminal


class _Lines:
    """Output one after the other, for screen readers and pipes; keys work where there is a terminal."""

    is_full_screen = False

    def keys(self) -> list[int]:
        return [sys.stdin.fileno()] if sys.stdin.isatty() else []

    def key(self) -> str:
        return os.read(sys.stdin.fileno(), 1).decode("utf-8", "replace")

    def was_resized(self) -> bool:
        return False

    def draw(self, screen: Any, view: Any, keys: str) -> None:
        if isinstance(view, str):
            screen.say(view)
        else:
            screen.draw(view)
        screen.say(f"[{keys}]")
        sys.stdout.flush()

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        yield


class _FullScreen(_Lines):
    """The terminal's other screen, redrawn in one write; the scrollback stays as it was."""

    is_full_screen = True

    def __init__(self) -> None:
        self._size = shutil.get_terminal_size()

    def was_resized(self) -> bool:
        size, self._size = self._size, shutil.get_terminal_size()
        return size != self._size

    def draw(self, screen: Any, view: Any, keys: str) -> None:
        with screen.out.capture() as captured:
            screen.out.print(view)
        height = max(4, shutil.get_terminal_size().lines)
        lines = captured.get().rstrip("\n").split("\n")
        room = height - 2
        if len(lines) > room:
            more = f"  ... {len(lines) - room + 1} more lines: `mlkata check` shows them all"
            lines = [*lines[: room - 1], more]
        lines += [""] * (height - 1 - len(lines)) + [keys[: shutil.get_terminal_size().columns - 1]]
        sys.stdout.write("\x1b[?2026h\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J\x1b[?2026l")
        sys.stdout.flush()

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        with _left():
            yield


@contextlib.contextmanager
def _page(plain: bool) -> Iterator[_Lines]:
    """Yield what to draw on; the terminal is as it was afterwards."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        yield _Lines()
        return
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        if plain:
            yield _Lines()
        else:
            with _entered():
                yield _FullScreen()
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _entered() -> Iterator[None]:
    sys.stdout.write("\x1b[?1049h\x1b[?25l")
    sys.stdout.flush()
    try:
        yield
    finally:
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()


@contextlib.contextmanager
def _left() -> Iterator[None]:
    sys.stdout.write("\x1b[?25h\x1b[?1049l")
    sys.stdout.flush()
    try:
        yield
    finally:
        sys.stdout.write("\x1b[?1049h\x1b[?25l")
        sys.stdout.flush()
