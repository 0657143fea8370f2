"""The failing calls of the last check, fetched to be run again in the learner's own terminal."""

from __future__ import annotations

from pathlib import Path

from ..course.kata import Kata
from ..errors import UsageError
from ..judging.protocol import Event, Judge, Recorded, request
from ..report import CheckResult
from ..support.records import record, replace
from .earlier import foundation
from .state import AppState
from .workspace import read_submission


@record
class Recording:
    """What the judge sent in the first failing check: enough to make the same calls again."""

    kata: Kata
    path: Path
    check: CheckResult
    frames: bytes


def recording_of(state: AppState, name: str = "", *, judge: Judge, with_solutions: bool = False) -> Recording:
    """Judge the file as it is now and return what its first failing check called, or raise UsageError."""
    kata = state.find(name)
    path = state.needed_workspace(kata).submission_path(kata)
    source = read_submission(path, kata.slug)
    below = foundation(state, kata, with_solutions=with_solutions)
    asked = request(kata, source, file_name=path.name, builds_on=below.modules)
    wanted = replace(asked, diagnose=False)
    report = judge(wanted)
    failed = report.first_failure
    if failed is None:
        nothing = report.message or "Every check passes; there is nothing to replay."
        raise UsageError(nothing, f"`mlkata check {kata.slug}` shows where you are.")
    frames = b""

    def take(event: Event) -> None:
        nonlocal frames
        if isinstance(event, Recorded):
            frames = event.frames

    judge(replace(wanted, seed=report.seed, only=failed.name, record=True), on_event=take)
    return Recording(kata, path, failed, frames)
