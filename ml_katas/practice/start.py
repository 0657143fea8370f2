"""Start a kata: write its starter into the workspace."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..course.fingerprint import Fingerprint
from ..course.kata import Kata
from ..report import Report, Status
from ..support.records import record
from .overview import NextReason, upcoming
from .state import AppState
from .versions import reset
from .workspace import Version


@record(kw_only=True)
class StartedKata:
    """A kata that was started: where its submission lies, what was made for it, and why it is this one.

    `needed_for` is the kata that asks for it first. `kept` is the version that the learner's file was before,
    where a kata that is due begins again.
    """

    kata: Kata
    path: Path
    written: bool
    new_workspace: Path | None
    why: NextReason
    needed_for: str = ""
    kept: Version | None = None


def start_kata(
    state: AppState, name: str = "", *, bare: bool = False, due: Collection[str] = ()
) -> StartedKata:
    """Write the starter of a kata into the workspace, unless its file exists.

    Without a *name* it is the kata to do next; one that is *due* begins again.
    """
    from ..course.starters import render_starter

    chosen = None if name else upcoming(state, due)
    if chosen and chosen.why is NextReason.DUE:
        return begin_again(state, chosen.entry.slug, bare=bare)
    kata = state.catalog.find(chosen.entry.slug if chosen else name)
    text = render_starter(kata, bare=bare)
    workspace, is_new = state.made_workspace()
    started = workspace.start(kata, text)
    state.progress.started(kata.slug)
    if started.written:
        state.progress.met(kata.slug, Fingerprint.of(kata.folder))
    new = workspace.folder if is_new else None
    return StartedKata(
        kata=kata,
        path=started.path,
        written=started.written,
        new_workspace=new,
        why=chosen.why if chosen else NextReason.NAMED,
        needed_for=chosen.needed_for if chosen else "",
    )


def begin_again(state: AppState, slug: str, *, bare: bool = False) -> StartedKata:
    """Put a blank starter in the place of a kata's submission, which is kept; one that is begun stays."""
    kata = state.catalog.find(slug)
    path = state.needed_workspace(kata).submission_path(kata)
    if state.is_begun_again(slug) and path.exists():
        state.progress.started(slug)
        return StartedKata(kata=kata, path=path, written=False, new_workspace=None, why=NextReason.DUE)
    done = reset(state, slug, bare=bare, due=(slug,))
    return StartedKata(
        kata=kata, path=path, written=True, new_workspace=None, why=NextReason.DUE, kept=done.kept
    )


def is_starter(kata: Kata, path: Path, report: Report) -> bool:
    """Return whether a submission that was judged is a starter of the kata still, guided or bare."""
    if report.status is not Status.INCOMPLETE:
        return False
    from ..course.starters import render_starter

    held = path.read_bytes() if path.is_file() else b""
    return held in {render_starter(kata, bare=bare).encode() for bare in (False, True)}
