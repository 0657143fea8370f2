"""Check a submission: have it judged, keep the version, record how it ended."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..course.fingerprint import Fingerprint, hash_of
from ..course.kata import Kata
from ..errors import UsageError, WorkspaceError
from ..judging.protocol import Ended, Event, Judge, request
from ..report import Report, Status
from ..support.records import record
from .earlier import foundation
from .overview import Finish, Upcoming, finish, following
from .state import AppState
from .workspace import Workspace, read_submission

if TYPE_CHECKING:
    from ..judging.cancel import Cancel


@record(kw_only=True)
class CheckOutcome:
    """A submission that was judged.

    `following` is the kata to do next after a pass, or `finish` the end of its track; `changed` is what
    is not as it was when the learner started. One that `counts` is recorded as a pass, if it is one: a file
    elsewhere does not count, and neither does a run whose seed was chosen.
    """

    kata: Kata
    path: Path
    report: Report
    hints_shown: int
    following: Upcoming | None = None
    finish: Finish | None = None
    changed: tuple[str, ...] = ()
    counts: bool = True


OnVerdict = Callable[[CheckOutcome], None]


def check_submission(
    state: AppState,
    name: str = "",
    *,
    judge: Judge,
    seed: str = "",
    with_solutions: bool = False,
    on_verdict: OnVerdict | None = None,
    cancel: Cancel | None = None,
) -> CheckOutcome:
    """Judge the submission for a kata; the version that is judged is kept, whatever happens.

    *on_verdict* is given what is known before the mistake behind a failure is; by then it is recorded. With
    a *seed* a run is replayed, which is no pass. *with_solutions* stand in for earlier work that is missing.
    """
    kata = state.find(name)
    workspace = state.needed_workspace(kata)
    path = workspace.submission_path(kata)
    _refuse_file_elsewhere(name, path, kata)
    source = read_submission(path, kata.slug)
    below = foundation(state, kata, with_solutions=with_solutions)
    attempt = _Attempt(state, workspace, kata, source, is_replay=bool(seed))

    def checked(report: Report) -> CheckOutcome:
        return CheckOutcome(
            kata=kata,
            path=path,
            report=replace(report, builds_on=below.works),
            hints_shown=state.hints_shown(kata),
            changed=attempt.end(report),
            counts=not seed,
        )

    wanted = request(kata, source, file_name=path.name, builds_on=below.modules, seed=seed)
    try:
        report = judge(wanted, on_event=_Verdict(kata, checked, on_verdict, attempt.begin), cancel=cancel)
    finally:
        attempt.begin()
    done = checked(report)
    if report.status is not Status.PASSED or not done.counts:
        return done
    end = None if attempt.was_done else finish(state, kata.slug)
    return replace(done, following=following(state, kata.slug), finish=end)


class _Verdict:
    """Hears a judge, and says the verdict as soon as it is there."""

    def __init__(
        self,
        kata: Kata,
        checked: Callable[[Report], CheckOutcome],
        on_verdict: OnVerdict | None,
        on_begin: Callable[[], None] = lambda: None,
    ) -> None:
        from ..judging.draft import Draft  # by now it is imported, or will be

        self._draft = Draft(kata.slug)
        self._checked = checked
        self._on_verdict = on_verdict
        self._on_begin = on_begin

    def __call__(self, event: Event) -> None:
        self._on_begin()
        self._draft.take(event)
        if isinstance(event, Ended):
            checked = self._checked(self._draft.report())
            if self._on_verdict is not None:
                self._on_verdict(checked)


class _Attempt:
    """What is recorded of one check; it begins while the judge is at work, so nobody waits for the disk."""

    was_done = False

    def __init__(
        self, state: AppState, workspace: Workspace, kata: Kata, source: bytes, *, is_replay: bool
    ) -> None:
        self._state = state
        self._workspace = workspace
        self._kata = kata
        self._source = source
        self._is_replay = is_replay
        self._fingerprint: Fingerprint | None = None
        self._number: int | None = None
        self._changed: tuple[str, ...] | None = None

    def begin(self) -> None:
        """Keep this version and record that it is being judged; once."""
        if self._fingerprint is not None:
            return
        self._fingerprint = Fingerprint.of(self._kata.folder)
        self.was_done = self._state.is_done(self._kata.slug)
        with self._noting_failures():
            version = self._workspace.keep(self._kata, self._source)
            self._number = self._state.progress.begin(
                self._kata.slug,
                suite_hash=self._fingerprint.suite,
                submission_hash=hash_of(self._source),
                version=version.name,
                replayed=self._is_replay,
            )

    def end(self, report: Report) -> tuple[str, ...]:
        """Record how it ended, once; return what of the kata changed since the learner started it."""
        if self._changed is None:
            self._changed = self._what_changed()
            self._record(report)
        return self._changed

    def _what_changed(self) -> tuple[str, ...]:
        assert self._fingerprint is not None
        known = self._state.progress.fingerprints() if self._state.has_progress else {}
        return self._fingerprint.changed_since(known.get(self._kata.slug))

    def _record(self, report: Report) -> None:
        if self._number is None:
            return
        with self._noting_failures():
            self._state.progress.end(self._number, report)
            if self._changed and report.status is Status.PASSED and not self._is_replay:
                assert self._fingerprint is not None
                self._state.progress.met(report.kata, self._fingerprint)
        self._state.forget()

    @contextlib.contextmanager
    def _noting_failures(self) -> Iterator[None]:
        """Go on where nothing can be written: a verdict is shown even where it cannot be recorded."""
        try:
            yield
        except WorkspaceError as error:
            self._state.notes.append(f"This attempt could not be recorded. {error}")


def check_file(
    state: AppState,
    path: Path,
    name: str = "",
    *,
    judge: Judge,
    seed: str = "",
    with_solutions: bool = False,
    on_verdict: OnVerdict | None = None,
) -> CheckOutcome:
    """Judge a file that lies elsewhere; workspace and progress stay as they are."""
    kata = state.find(name)
    source = read_submission(path)
    below = foundation(state, kata, with_solutions=with_solutions)

    def checked(report: Report) -> CheckOutcome:
        hints = state.hints_shown(kata)
        report = replace(report, builds_on=below.works)
        return CheckOutcome(kata=kata, path=path, report=report, hints_shown=hints, counts=False)

    wanted = request(kata, source, file_name=path.name, builds_on=below.modules, seed=seed)
    return checked(judge(wanted, on_event=_Verdict(kata, checked, on_verdict)))


def _refuse_file_elsewhere(name: str, path: Path, kata: Kata) -> None:
    """Refuse a file argument that exists but is not the submission: to judge it in silence would confuse."""
    given = Path(name)
    is_file = name.endswith(".py") or os.sep in name
    if is_file and given.exists() and given.absolute().resolve() != path.resolve():
        raise UsageError(f"{name} is not {path}.", f"`mlkata check {kata.slug} --file {name}` judges it.")
