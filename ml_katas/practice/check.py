"""Check a submission: have it judged, keep the version, record how it ended."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..course.fingerprint import Fingerprint, hash_of
from ..course.kata import Kata
from ..errors import UsageError, WorkspaceError
from ..judging.protocol import Event, Judge, OnEvent, request
from ..report import Report, Status
from ..support.records import record
from .overview import Finish, Upcoming, finish, following
from .state import AppState
from .workspace import Workspace, read_submission

if TYPE_CHECKING:
    from ..judging.cancel import Cancel


@record(kw_only=True)
class CheckOutcome:
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


def check_submission(
    state: AppState,
    name: str = "",
    *,
    judge: Judge,
    seed: str = "",
    on_event: OnEvent | None = None,
    cancel: Cancel | None = None,
) -> CheckOutcome:
    """Judge the submission for a kata; the version that is judged is kept, whatever happens."""
    kata = state.find(name)
    workspace = state.needed_workspace(kata)
    path = workspace.submission_path(kata)
    _refuse_file_elsewhere(name, path, kata)
    source = read_submission(path, kata.slug)
    attempt = _Attempt(state, workspace, kata, source)

    def receive(event: Event) -> None:
        attempt.begin()
        if on_event is not None:
            on_event(event)

    try:
        wanted = request(kata, source, file_name=path.name, seed=seed)
        report = judge(wanted, on_event=receive, cancel=cancel)
    finally:
        attempt.begin()
    changed = attempt.end(report)
    checked = CheckOutcome(
        kata=kata, path=path, report=report, hints_shown=state.hints_shown(kata), changed=changed
    )
    if report.status is not Status.PASSED:
        return checked
    end = None if attempt.was_done else finish(state, kata.slug)
    return replace(checked, following=following(state, kata.slug), finish=end)


class _Attempt:
    """What is recorded of one check; it begins while the judge is at work, so nobody waits for the disk."""

    was_done = False

    def __init__(self, state: AppState, workspace: Workspace, kata: Kata, source: bytes) -> None:
        self._state = state
        self._workspace = workspace
        self._kata = kata
        self._source = source
        self._fingerprint: Fingerprint | None = None
        self._number = 0

    def begin(self) -> None:
        """Keep this version and record that it is being judged; once."""
        if self._fingerprint is not None:
            return
        self._fingerprint = Fingerprint.of(self._kata.folder)
        self.was_done = self._state.is_done(self._kata.slug)
        self._workspace.keep(self._kata, self._source)
        self._number = self._state.progress.begin(
            self._kata.slug, suite_hash=self._fingerprint.suite, submission_hash=hash_of(self._source)
        )

    def end(self, report: Report) -> tuple[str, ...]:
        """Record how it ended; return what of the kata changed since the learner started it."""
        assert self._fingerprint is not None
        changed = self._fingerprint.changed_since(self._state.progress.fingerprints().get(self._kata.slug))
        _record(self._state, self._number, report, self._fingerprint if changed else None)
        return changed


def check_file(state: AppState, path: Path, name: str = "", *, judge: Judge, seed: str = "") -> CheckOutcome:
    """Judge a file that lies elsewhere; workspace and progress stay as they are."""
    kata = state.find(name)
    source = read_submission(path)
    report = judge(request(kata, source, file_name=path.name, seed=seed))
    return CheckOutcome(
        kata=kata, path=path, report=report, hints_shown=state.hints_shown(kata), is_recorded=False
    )


def _record(state: AppState, attempt: int, report: Report, new_fingerprint: Fingerprint | None) -> None:
    """Record an attempt's end; a pass makes *new_fingerprint* the one that the learner works on.

    A verdict is shown even where it cannot be recorded.
    """
    try:
        state.progress.end(attempt, report)
        if new_fingerprint and report.status is Status.PASSED:
            state.progress.met(report.kata, new_fingerprint)
    except WorkspaceError as error:
        state.notes.append(f"This attempt could not be recorded. {error}")
    state.forget()


def _refuse_file_elsewhere(name: str, path: Path, kata: Kata) -> None:
    """Refuse a file argument that exists but is not the submission: to judge it in silence would confuse."""
    given = Path(name)
    is_file = name.endswith(".py") or os.sep in name
    if is_file and given.exists() and given.absolute().resolve() != path.resolve():
        raise UsageError(f"{name} is not {path}.", f"`mlkata check {kata.slug} --file {name}` judges it.")
