"""What a learner does with a kata: start, check, take a hint. Each returns a value and prints nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .desk import Desk
from .edition import Edition, hash_of
from .errors import UsageError, WorkspaceError
from .kata import Kata
from .records import dataclass
from .report import Report, Status
from .standing import Finish, Upcoming, finish, following, upcoming
from .workspace import Workspace, read_submission

if TYPE_CHECKING:
    from .judging.client import Cancel

OnEvent = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Begun:
    """A kata that was started: where its submission lies, and what was made for it.

    `why` is why this kata: named, unfinished, track or course.
    """

    kata: Kata
    path: Path
    written: bool
    new_workspace: Path | None
    why: str


@dataclass(frozen=True)
class Checked:
    """A submission that was judged.

    `following` is the kata to do next after a pass, or `finish` the end of its track; `changed` is what
    is not as it was when the learner started.
    """

    kata: Kata
    path: Path
    report: Report
    hints_shown: int
    following: Upcoming | None = None
    finish: Finish | None = None
    changed: tuple[str, ...] = ()
    is_recorded: bool = True


@dataclass(frozen=True)
class Hinted:
    """A hint to show, by its number from 1; `again` where all had been shown before."""

    kata: Kata
    number: int
    again: bool


def start(desk: Desk, name: str = "", *, bare: bool = False) -> Begun:
    """Write the starter of a kata into the workspace, unless its file exists.

    Without a *name* it is the kata to do next.
    """
    from .templates import render_starter

    chosen = None if name else upcoming(desk)
    kata = desk.catalog.find(chosen.entry.slug if chosen else name)
    text = render_starter(kata, bare=bare)
    workspace, is_new = desk.made_workspace()
    started = workspace.start(kata, text)
    desk.progress.started(kata.slug)
    if started.written:
        desk.progress.met(kata.slug, Edition.of(kata.folder))
    new = workspace.folder if is_new else None
    return Begun(kata, started.path, started.written, new, chosen.why if chosen else "named")


def hint(desk: Desk, name: str = "") -> Hinted:
    """Return the next hint of a kata and remember that it was shown."""
    kata = desk.find(name)
    if not kata.hints:
        raise UsageError(f"{kata.slug} has no hints.", f"`mlkata show {kata.slug}` shows its brief.")
    desk.needed_workspace(kata)
    shown = desk.hints_shown(kata)
    if shown == len(kata.hints):
        return Hinted(kata, shown, again=True)
    desk.progress.hinted(kata.slug, shown + 1)
    return Hinted(kata, shown + 1, again=False)


def check(
    desk: Desk,
    name: str = "",
    *,
    seed: str = "",
    on_event: OnEvent | None = None,
    cancel: Cancel | None = None,
) -> Checked:
    """Judge the submission for a kata; the version that is judged is kept, whatever happens."""
    from .judging.client import judging

    kata = desk.find(name)
    workspace = desk.needed_workspace(kata)
    path = workspace.submission_path(kata)
    _refuse_file_elsewhere(name, path, kata)
    source = read_submission(path, kata.slug)
    attempt = _Attempt(desk, workspace, kata, source)

    def heard(event: dict[str, Any]) -> None:
        attempt.begin()
        if on_event is not None:
            on_event(event)

    try:
        with judging() as judge:
            report = judge(kata, source, file_name=path.name, seed=seed, on_event=heard, cancel=cancel)
    finally:
        attempt.begin()
    changed = attempt.end(report)
    checked = Checked(kata, path, report, desk.hints_shown(kata), changed=changed)
    if report.status is not Status.PASSED:
        return checked
    end = None if attempt.was_done else finish(desk, kata.slug)
    return replace(checked, following=following(desk, kata.slug), finish=end)


class _Attempt:
    """What is recorded of one check; it begins while the judge is at work, so nobody waits for the disk."""

    was_done = False

    def __init__(self, desk: Desk, workspace: Workspace, kata: Kata, source: bytes) -> None:
        self._desk = desk
        self._workspace = workspace
        self._kata = kata
        self._source = source
        self._edition: Edition | None = None
        self._number = 0

    def begin(self) -> None:
        """Keep this version and record that it is being judged; once."""
        if self._edition is not None:
            return
        self._edition = Edition.of(self._kata.folder)
        self.was_done = self._desk.is_done(self._kata.slug)
        self._workspace.keep(self._kata, self._source)
        self._number = self._desk.progress.begin(
            self._kata.slug, suite_hash=self._edition.suite, submission_hash=hash_of(self._source)
        )

    def end(self, report: Report) -> tuple[str, ...]:
        """Record how it ended; return what of the kata changed since the learner started it."""
        assert self._edition is not None
        changed = self._edition.changed_since(self._desk.progress.editions().get(self._kata.slug))
        _record(self._desk, self._number, report, self._edition if changed else None)
        return changed


def check_file(
    desk: Desk, path: Path, name: str = "", *, seed: str = "", on_event: OnEvent | None = None
) -> Checked:
    """Judge a file that lies elsewhere; workspace and progress stay as they are."""
    from .judging.client import judging

    kata = desk.find(name)
    source = read_submission(path)
    with judging() as judge:
        report = judge(kata, source, file_name=path.name, seed=seed, on_event=on_event)
    return Checked(kata, path, report, desk.hints_shown(kata), is_recorded=False)


def _record(desk: Desk, attempt: int, report: Report, new_edition: Edition | None) -> None:
    """Record an attempt's end; a pass makes *new_edition* the one that the learner works on.

    A verdict is shown even where it cannot be recorded.
    """
    try:
        desk.progress.end(attempt, report)
        if new_edition and report.status is Status.PASSED:
            desk.progress.met(report.kata, new_edition)
    except WorkspaceError as error:
        desk.notes.append(f"This attempt could not be recorded. {error}")
    desk.forget()


def _refuse_file_elsewhere(name: str, path: Path, kata: Kata) -> None:
    """Refuse a file argument that exists but is not the submission: to judge it in silence would confuse."""
    given = Path(name)
    is_file = name.endswith(".py") or os.sep in name
    if is_file and given.exists() and given.absolute().resolve() != path.resolve():
        raise UsageError(f"{name} is not {path}.", f"`mlkata check {kata.slug} --file {name}` judges it.")
