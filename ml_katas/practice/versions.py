"""The kept versions of a submission: list them, bring one back, begin anew; nothing is lost by it."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..course.fingerprint import Fingerprint, hash_of
from ..course.kata import Kata
from ..errors import UsageError
from ..support.records import record
from .rounds import begin_round
from .state import AppState
from .workspace import Version, Workspace, read_submission

if TYPE_CHECKING:
    from .progress import Attempt


@record
class Kept:
    """A kept version, with the last attempt that judged it while it was the newest, if any."""

    version: Version
    attempt: Attempt | None
    is_current: bool


@record
class History:
    """The kept versions of a kata, oldest first; `is_unkept` says that the file differs from all of them."""

    kata: Kata
    path: Path
    kept: tuple[Kept, ...]
    is_unkept: bool


@record
class Held:
    """What a kept version holds, and how the file as it is now differs from it."""

    kata: Kata
    text: str
    diff: str


@record(kw_only=True)
class Replaced:
    """A submission that was replaced; `changed` unless it was the same already.

    `kept` is the version that it was before, `restored` the one that it is now.
    """

    kata: Kata
    path: Path
    changed: bool
    kept: Version | None
    restored: Version | None = None


def history(state: AppState, name: str = "") -> History:
    """Return the kept versions of a kata's submission."""
    kata = state.find(name)
    workspace = state.needed_workspace(kata)
    current = _digest(workspace, kata)
    versions = workspace.versions(kata)
    attempts = state.progress.attempts(kata.slug) if state.has_progress else ()
    kept = tuple(
        Kept(version, _judged(version, after, attempts), current.startswith(version.digest))
        for version, after in zip(versions, [*versions[1:], None], strict=False)
    )
    is_unkept = bool(current) and not any(known.is_current for known in kept)
    return History(kata, workspace.submission_path(kata), kept, is_unkept)


def held(state: AppState, name: str, number: int) -> Held:
    """Return what one kept version of a kata's submission holds."""
    kata = state.find(name)
    workspace = state.needed_workspace(kata)
    text = _text(_wanted(workspace, kata, number).path)
    path = workspace.submission_path(kata)
    lines = difflib.unified_diff(
        text.splitlines(), _text(path).splitlines(), f"version {number}", path.name, lineterm=""
    )
    return Held(kata, text, "\n".join(lines))


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""


def reset(state: AppState, name: str = "", *, bare: bool = False, due: Collection[str] = ()) -> Replaced:
    """Put the starter in the place of a kata's submission, which is kept first.

    For a kata that is *due* a new round begins.
    """
    from ..course.starters import render_starter

    kata = state.find(name)
    starter = render_starter(kata, bare=bare).encode()
    done = _replace(state, kata, starter)
    state.progress.met(kata.slug, Fingerprint.of(kata.folder))
    if kata.slug in due and not state.is_begun_again(kata.slug):
        begin_round(state.progress.database, kata.slug)
    return done


def restore(state: AppState, name: str = "", number: int | None = None) -> Replaced:
    """Put a kept version in the place of a kata's submission, which is kept first.

    Without a *number* it is the newest version that differs from the file.
    """
    kata = state.find(name)
    workspace = state.needed_workspace(kata)
    version = _wanted(workspace, kata, number)
    return replace(_replace(state, kata, read_submission(version.path)), restored=version)


def _replace(state: AppState, kata: Kata, content: bytes) -> Replaced:
    workspace = state.needed_workspace(kata)
    path = workspace.submission_path(kata)
    changed = _digest(workspace, kata) != hash_of(content)
    kept = workspace.replace(kata, content) if changed else None
    state.progress.started(kata.slug)
    return Replaced(kata=kata, path=path, changed=changed, kept=kept)


def _wanted(workspace: Workspace, kata: Kata, number: int | None) -> Version:
    versions, current = workspace.versions(kata), _digest(workspace, kata)
    if number is None:
        others = [v for v in versions if not current.startswith(v.digest)] if current else list(versions)
        if others:
            return others[-1]
        what = "No other version" if versions else "No version"
        raise UsageError(f"{what} of {kata.slug} is kept.", "`mlkata check` keeps what it judges.")
    if 1 <= number <= len(versions):
        return versions[number - 1]
    raise UsageError(
        f"{kata.slug} has no version {number}.",
        f"`mlkata history {kata.slug}` shows them.",
    )


def _judged(version: Version, after: Version | None, attempts: tuple[Attempt, ...]) -> Attempt | None:
    until = _iso(after.at) if after else "9999"

    def is_of_it(attempt: Attempt) -> bool:
        if attempt.version:
            return attempt.version == version.name
        is_same = attempt.submission_hash.startswith(version.digest)  # recorded before versions had names
        return is_same and _iso(version.at) <= attempt.started < until

    return next(filter(is_of_it, reversed(attempts)), None)


def _iso(at: datetime) -> str:
    """Return *at* as the progress file writes it."""
    return at.isoformat(timespec="microseconds")


def _digest(workspace: Workspace, kata: Kata) -> str:
    """Return the hash of the submission, or nothing where it is missing."""
    path = workspace.submission_path(kata)
    return hash_of(read_submission(path)) if path.is_symlink() or path.exists() else ""
