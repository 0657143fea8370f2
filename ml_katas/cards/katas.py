"""Katas that come back: the grade of a round, and which are due."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import WorkspaceError
from ..support.clock import now
from ..support.records import record
from .days import end_of_day
from .schedule import Rating

if TYPE_CHECKING:
    from ..practice.rounds import Round
    from ..practice.state import AppState
    from .reviews import Reviews

MANY = 4  # failed attempts, from which on a pass was hard work


@record
class DueKata:
    """A kata to do again, and since when."""

    slug: str
    since: datetime


def grade_of(done: Round, minutes: int) -> Rating:
    """Return how well a kata was remembered, from what happened in a round of it.

    Again: the solution was shown. Hard: a hint was needed, or many attempts failed. Good: it took more than
    one attempt, or longer than its minutes. Easy: right at once, and in time.
    """
    if done.gave_up:
        return Rating.AGAIN
    if done.hints or done.failed >= MANY:
        return Rating.HARD
    took = datetime.fromisoformat(done.ended) - datetime.fromisoformat(done.began)
    if done.failed or took.total_seconds() > 60 * minutes:
        return Rating.GOOD
    return Rating.EASY


def grade_rounds(state: AppState) -> None:
    """Grade the rounds that have ended since this was last done.

    Of two commands one does it; where the progress cannot be written it is left to a later one.
    """
    if not state.has_progress:
        return
    from ..practice.rounds import ungraded_rounds

    with contextlib.suppress(WorkspaceError):
        for done in ungraded_rounds(state.progress.database):
            if done.kata in state.catalog.slugs:
                _grade(state, done)


def _grade(state: AppState, done: Round) -> None:
    rating = grade_of(done, state.catalog.entry(done.kata).minutes)
    at = datetime.fromisoformat(done.ended)
    _reviews(state).grade(done.kata, done.number, rating, at)


def due_katas(state: AppState) -> tuple[DueKata, ...]:
    """Return the katas to do again, the one that waits longest first; those that are begun are among them."""
    if not state.has_progress:
        return ()
    grade_rounds(state)
    at = now()
    found = _reviews(state).due(at, end_of_day(at))
    return tuple(
        DueKata(item, datetime.fromisoformat(since)) for item, since in found if item in state.catalog.slugs
    )


def _reviews(state: AppState) -> Reviews:
    from .reviews import Reviews  # with it comes sqlite3, which a list without progress does not need

    return Reviews(state.progress.database)
