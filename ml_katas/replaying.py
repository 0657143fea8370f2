"""The failing calls of the last check, fetched to be run again in the learner's own terminal."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from .desk import Desk
from .errors import UsageError
from .kata import Kata
from .records import dataclass
from .report import CheckResult
from .workspace import read_submission


@dataclass(frozen=True)
class Recording:
    """What the judge sent in the first failing check: enough to make the same calls again."""

    kata: Kata
    path: Path
    check: CheckResult
    frames: bytes


def record(desk: Desk, name: str = "") -> Recording:
    """Judge the file as it is now and return what its first failing check called, or raise UsageError."""
    from .judging.client import judging

    kata = desk.find(name)
    path = desk.needed_workspace(kata).submission_path(kata)
    source = read_submission(path, kata.slug)
    frames = b""

    def take(event: dict[str, Any]) -> None:
        nonlocal frames
        if event["event"] == "recording":
            frames = base64.b64decode(event["frames"])

    with judging() as judge:
        report = judge(kata, source, file_name=path.name, diagnose=False)
        failed = report.first_failure
        if failed is None:
            nothing = report.message or "Every check passes; there is nothing to replay."
            raise UsageError(nothing, f"`mlkata check {kata.slug}` shows where you are.")
        judge(
            kata,
            source,
            file_name=path.name,
            seed=report.seed,
            diagnose=False,
            on_event=take,
            only=failed.name,
            record=True,
        )
    return Recording(kata, path, failed, frames)
