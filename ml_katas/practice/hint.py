"""Take the next hint of a kata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..course.kata import Kata
from ..errors import UsageError
from ..support.records import record
from .state import AppState

if TYPE_CHECKING:
    pass


@record
class Hinted:
    """A hint to show, by its number from 1; `again` where all had been shown before."""

    kata: Kata
    number: int
    again: bool


def next_hint(state: AppState, name: str = "") -> Hinted:
    """Return the next hint of a kata and remember that it was shown."""
    kata = state.find(name)
    if not kata.hints:
        raise UsageError(f"{kata.slug} has no hints.", f"`mlkata show {kata.slug}` shows its brief.")
    state.needed_workspace(kata)
    shown = state.hints_shown(kata)
    if shown == len(kata.hints):
        return Hinted(kata, shown, again=True)
    state.progress.hinted(kata.slug, shown + 1)
    return Hinted(kata, shown + 1, again=False)
