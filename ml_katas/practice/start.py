"""Start a kata: write its starter into the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..course.fingerprint import Fingerprint
from ..course.kata import Kata
from ..support.records import record
from .overview import NextReason, upcoming
from .state import AppState

if TYPE_CHECKING:
    pass


@record(kw_only=True)
class StartedKata:
    """A kata that was started: where its submission lies, what was made for it, and why it is this one."""

    kata: Kata
    path: Path
    written: bool
    new_workspace: Path | None
    why: NextReason


def start_kata(state: AppState, name: str = "", *, bare: bool = False) -> StartedKata:
    """Write the starter of a kata into the workspace, unless its file exists.

    Without a *name* it is the kata to do next.
    """
    from ..course.starters import render_starter

    chosen = None if name else upcoming(state)
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
    )
