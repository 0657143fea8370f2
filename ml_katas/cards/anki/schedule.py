"""What a learner remembers, as Anki writes it: due days, intervals, FSRS memory states, the log of reviews.

Anki counts days from its collection's first one; a package's first day is the one it is written on. Anki
takes a schedule for cards that are new to it, where its importer is asked for the learning progress.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from ...support.records import record
from ..days import beginning, day_of
from ..reviews import Review, Reviews
from ..schedule import CARD_RETENTION, Memory, Phase, Rating

# How fast a memory fades: the last of FSRS-6's default parameters, with the three digits that Anki keeps.
_DECAY = 0.154
_EASE = 2500  # what Anki's older scheduler begins with, in thousandths
_DAY = 86_400


@record
class AnkiSchedule:
    """The columns of a card in Anki's database, by name, and the rows of its reviews.

    A row is: moment in milliseconds, rating, interval, interval before, difficulty, milliseconds, kind.
    """

    columns: dict[str, int | str]
    reviews: tuple[tuple[int, ...], ...]


@record
class Today:
    """The day that a package is written on, and its place among Anki's days: it is their first."""

    now: datetime

    @property
    def began(self) -> int:
        """The second in which it began."""
        return int(beginning(day_of(self.now)).timestamp())

    @property
    def minutes_west(self) -> int:
        """The learner's distance from UTC."""
        offset = self.now.astimezone().utcoffset()
        assert offset is not None
        return -round(offset / timedelta(minutes=1))

    def until(self, moment: datetime) -> int:
        """Return how many days lie between this one and the day of *moment*."""
        return (day_of(moment) - day_of(self.now)).days


def schedules(reviews: Reviews, today: Today) -> dict[str, AnkiSchedule]:
    """Return the schedule of each card that was ever reviewed or suspended."""
    past: dict[str, list[Review]] = defaultdict(list)
    for review in reviews.all():
        past[review.item].append(review)
    memories, suspended = reviews.memories(), reviews.suspended()
    taken: set[int] = set()
    found = {}
    for item in (*memories, *sorted(suspended - memories.keys())):
        memory = memories.get(item)
        columns = _columns(memory, past[item], today) if memory else {}
        if item in suspended:
            columns["queue"] = -1
        found[item] = AnkiSchedule(columns, tuple(_rows(past[item], memory, taken)))
    return found


def _columns(memory: Memory, past: Sequence[Review], today: Today) -> dict[str, int | str]:
    queue, due = _place(memory, today)
    is_learning = memory.phase is Phase.LEARNING
    return {
        "type": int(memory.phase),
        "queue": queue,
        "due": due,
        "ivl": 0 if is_learning else max(1, _days_of(memory)),
        "factor": 0 if is_learning else _EASE,
        "reps": len(past),
        "lapses": sum(r.phase is Phase.REVIEW and r.rating is Rating.AGAIN for r in past),
        "left": _steps_left(memory),
        "data": _data(memory),
    }


def _place(memory: Memory, today: Today) -> tuple[int, int]:
    """Return Anki's queue of a card, and when it is due: a second in the queue of minutes, else a day."""
    day = today.until(memory.due)
    if memory.phase is Phase.REVIEW:
        return 2, day
    return (1, int(memory.due.timestamp())) if day <= 0 else (3, day)


def _days_of(memory: Memory) -> int:
    if memory.phase is Phase.RELEARNING:
        return round(memory.stability)
    return round((memory.due - memory.last_review) / timedelta(days=1))


def _steps_left(memory: Memory) -> int:
    """Return how many of Anki's learning steps are left: it has two, and one to learn again."""
    if memory.phase is Phase.REVIEW:
        return 0
    return max(1, 2 - (memory.step or 0)) if memory.phase is Phase.LEARNING else 1


def _data(memory: Memory) -> str:
    """Return what Anki keeps of FSRS: stability, difficulty, retention, decay, the last review."""
    facts = {"s": round(memory.stability, 4), "d": round(memory.difficulty, 3), "dr": CARD_RETENTION}
    return json.dumps(facts | {"decay": _DECAY, "lrt": int(memory.last_review.timestamp())})


def _rows(past: Sequence[Review], memory: Memory | None, taken: set[int]) -> Iterator[tuple[int, ...]]:
    """Yield a row for each review; what came of it stands with the next one, or in the memory."""
    for number, review in enumerate(past, 1):
        after = past[number] if number < len(past) else memory
        yield (
            _moment(review.at, taken),
            int(review.rating),
            _interval(review.at, after.due if after else None),
            _interval(review.last_review, review.due),
            _shifted(after.difficulty if after else None),
            review.milliseconds or 0,
            2 if review.phase is Phase.RELEARNING else int(review.phase is Phase.REVIEW),
        )


def _moment(at: datetime, taken: set[int]) -> int:
    """Return a review's millisecond, which is its number in Anki, or the next that no other one has."""
    moment = int(at.timestamp() * 1000)
    while moment in taken:
        moment += 1
    taken.add(moment)
    return moment


def _interval(since: datetime | None, due: datetime | None) -> int:
    """Return an interval as Anki's log has it: days, or seconds below zero where it is shorter than one."""
    if since is None or due is None:
        return 0
    seconds = int((due - since).total_seconds())
    return round(seconds / _DAY) if seconds >= _DAY else -max(1, seconds)


def _shifted(difficulty: float | None) -> int:
    """Return FSRS's difficulty, 1 to 10, as Anki's log has it: 100 to 1100."""
    return round((difficulty - 1) / 9 * 1000 + 100) if difficulty else 0
