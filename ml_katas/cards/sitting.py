"""A sitting: one card after the other, each rating kept at once; what is in short steps comes back in it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from ..support.clock import now
from ..support.records import record
from .reviews import AnsweredElsewhere, Reviews
from .schedule import Memory, Phase, Rating, outcomes

AHEAD = timedelta(minutes=20)  # nobody waits for the last cards of a sitting


@record
class _Done:
    """What undo takes back: a rating of a card, or that it was suspended."""

    card: str
    before: Memory | None
    rating: Rating | None = None
    review: int = 0


class Sitting:
    """The cards of one sitting; without *reviews* it is a rehearsal, of which nothing is kept."""

    def __init__(self, cards: Iterable[str], reviews: Reviews | None) -> None:
        self.reviews = reviews
        self.current = ""
        self.ratings: list[Rating] = []
        self._queue = deque(cards)
        self._steps: dict[str, datetime] = {}
        self._done: list[_Done] = []
        self._before: Memory | None = None
        self._shown = 0.0
        self.turn()

    @property
    def left(self) -> int:
        """How many cards are to come, this one included."""
        return len(self._queue) + len(self._steps) + bool(self.current)

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    def turn(self) -> None:
        """Turn to the next card, or to none at the end; one that was not rated is asked another time."""
        self.current = self._next()
        self._look()

    def outcomes(self) -> dict[Rating, timedelta]:
        """Return after which time the card comes back for each rating; a rehearsal changes nothing."""
        return outcomes(self._before, now()) if self.reviews else {}

    def next_due(self) -> datetime | None:
        """Return when the next card comes back after this sitting, if one does."""
        later = self.reviews.upcoming(now()) if self.reviews else ()
        return next((due for item, due in later if "/" in item), None)

    def rate(self, rating: Rating) -> None:
        """Keep this rating and turn to the next card; of two windows the first one counts."""
        card, spent = self.current, round(1000 * (time.monotonic() - self._shown))
        if not self.reviews:
            self._after_rehearsal(card, rating)
            return
        try:
            memory = self.reviews.rate(card, rating, self._before, milliseconds=spent)
        except AnsweredElsewhere:
            self.turn()
            raise
        self._done.append(_Done(card, self._before, rating, memory.review))
        self.ratings.append(rating)
        if memory.phase is not Phase.REVIEW:
            self._steps[card] = memory.due
        self.turn()

    def suspend(self) -> None:
        """Ask this card no more, today or later, and turn to the next."""
        if self.reviews:
            self.reviews.suspend(self.current)
            self._done.append(_Done(self.current, self._before))
        self.turn()

    def undo(self) -> str:
        """Take back what was done last and return its card, which is asked again; or nothing."""
        if not self._done or not self.reviews:
            return ""
        done = self._done.pop()
        if done.rating is None:
            self.reviews.resume(done.card)
        else:
            self.reviews.undo(done.card, done.review, done.before)
            self.ratings.pop()
        self._back_to(done.card)
        return done.card

    def _back_to(self, card: str) -> None:
        self._steps.pop(card, None)
        if self.current and self.current != card:
            self._queue.appendleft(self.current)
        self.current = card
        self._look()

    def _after_rehearsal(self, card: str, rating: Rating) -> None:
        self.ratings.append(rating)
        if rating is Rating.AGAIN:
            self._queue.append(card)
        self.turn()

    def _look(self) -> None:
        self._before = self.reviews.memory(self.current) if self.reviews and self.current else None
        self._shown = time.monotonic()

    def _next(self) -> str:
        """Return a card whose step is over, the next of the queue, or one whose step is over soon."""
        first = min(self._steps, key=lambda card: self._steps[card], default="")
        wait = self._steps[first] - now() if first else AHEAD
        if first and wait <= timedelta(0):
            del self._steps[first]
            return first
        if self._queue:
            return self._queue.popleft()
        if first and wait <= AHEAD:
            del self._steps[first]
            return first
        self._steps.clear()  # they come back in another sitting
        return ""
