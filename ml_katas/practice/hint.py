"""Take the next hint of a kata."""

from __future__ import annotations

from ..course.kata import Kata
from ..errors import UsageError
from ..support.records import record
from .state import AppState


@record
class Hinted:
    """A hint to show, by its number from 1; `again` where all had been shown before."""

    kata: Kata
    number: int
    again: bool


def next_hint(state: AppState, name: str = "") -> Hinted:
    """Return the next hint of a kata and remember that it was shown."""
    kata = _with_hints(state, name)
    shown = state.hints_shown(kata)
    return _shown(state, kata, shown if shown == len(kata.hints) else shown + 1)


def hint_by_number(state: AppState, name: str, number: int) -> Hinted:
    """Return one hint of a kata and remember that it, and so all before it, were shown."""
    kata = _with_hints(state, name)
    if not 1 <= number <= len(kata.hints):
        raise UsageError(f"{kata.slug} has hints 1 to {len(kata.hints)}.", f"`mlkata hint {kata.slug}`")
    return _shown(state, kata, number)


def all_hints(state: AppState, name: str) -> tuple[Hinted, ...]:
    """Return all hints of a kata, which count as shown."""
    kata = _with_hints(state, name)
    return tuple(_shown(state, kata, number) for number in range(1, len(kata.hints) + 1))


def _with_hints(state: AppState, name: str) -> Kata:
    kata = state.find(name)
    if not kata.hints:
        raise UsageError(f"{kata.slug} has no hints.", f"`mlkata show {kata.slug}` shows its brief.")
    return kata


def _shown(state: AppState, kata: Kata, number: int) -> Hinted:
    state.needed_workspace(kata)
    again = number <= state.hints_shown(kata)
    if not again:
        state.progress.hinted(kata.slug, number)
    return Hinted(kata, number, again)
