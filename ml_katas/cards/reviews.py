"""Reviews and memories in the progress file: each review is one transaction, and none is ever deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..errors import UsageError
from ..support.clock import iso, now
from ..support.database import Database
from ..support.records import record, replace
from .schedule import Memory, Phase, Rating, after

_STATE = "state, step, stability, difficulty, due, last_review"
_NOT_SUSPENDED = "item NOT IN (SELECT item FROM suspended)"


class AnsweredElsewhere(UsageError):
    """Another command rated this item since it was shown."""

    def __init__(self, item: str) -> None:
        message = f"{item} was rated in another window meanwhile; that rating counts."
        super().__init__(message, "`mlkata review` goes on with what is left.")


@record(kw_only=True)
class Review:
    """One rating of an item; `was_new` where it was the first.

    Phase, difficulty, due date and last review are those of the memory that it met.
    """

    id: int
    item: str
    at: datetime
    rating: Rating
    milliseconds: int | None
    was_new: bool
    phase: Phase | None
    difficulty: float | None
    due: datetime | None
    last_review: datetime | None


class Reviews:
    """The reviews of one workspace; an item is a card by its id or a kata by its slug."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def memory(self, item: str) -> Memory | None:
        """Return what is known of an item; nothing where it is new."""
        rows = self._db.read(f"SELECT {_STATE}, review FROM memories WHERE item = ?", (item,))
        return _memory(rows[0]) if rows else None

    def memories(self) -> dict[str, Memory]:
        """Return what is known of every item that was ever reviewed."""
        rows = self._db.read(f"SELECT item, {_STATE}, review FROM memories ORDER BY item")
        return {item: _memory(row) for item, *row in rows}

    def known(self) -> frozenset[str]:
        """Return every item that was ever reviewed or is suspended."""
        rows = self._db.read("SELECT item FROM memories UNION ALL SELECT item FROM suspended")
        return frozenset(item for (item,) in rows)

    def due(self, at: datetime, day_ends: datetime) -> tuple[tuple[str, str], ...]:
        """Return the items that are due and since when, the longest first.

        What is in its short steps is due to the minute, everything else all day long.
        """
        rows = self._db.read(
            f"SELECT item, due FROM memories WHERE due < ? AND (state = 2 OR due <= ?) AND {_NOT_SUSPENDED}"
            " ORDER BY due, item",
            (iso(day_ends), iso(at)),
        )
        return tuple((item, due) for item, due in rows)

    def upcoming(self, after: datetime) -> tuple[tuple[str, datetime], ...]:
        """Return the items that become due later, and when."""
        rows = self._db.read(
            f"SELECT item, due FROM memories WHERE due > ? AND {_NOT_SUSPENDED} ORDER BY due", (iso(after),)
        )
        return tuple((item, datetime.fromisoformat(due)) for item, due in rows)

    def new_since(self, moment: datetime) -> int:
        """Return how many cards had their first review since then."""
        counted = "SELECT count(*) FROM reviews WHERE at >= ? AND state IS NULL AND undone IS NULL"
        return int(self._db.read(f"{counted} AND round IS NULL", (iso(moment),))[0][0])

    def last(self) -> datetime | None:
        """Return when the last review was, by the clock of that time."""
        latest = self._db.read("SELECT max(at) FROM reviews WHERE undone IS NULL")[0][0]
        return datetime.fromisoformat(latest) if latest else None

    def all(self) -> Iterator[Review]:
        """Yield every review that counts, in their order."""
        rows = self._db.read(
            "SELECT id, item, at, rating, milliseconds, state, difficulty, due, last_review FROM reviews"
            " WHERE undone IS NULL ORDER BY id"
        )
        for number, item, at, rating, milliseconds, state, difficulty, due, last in rows:
            yield Review(
                id=number,
                item=item,
                at=datetime.fromisoformat(at),
                rating=Rating(rating),
                milliseconds=milliseconds,
                was_new=state is None,
                phase=None if state is None else Phase(state),
                difficulty=difficulty,
                due=datetime.fromisoformat(due) if due else None,
                last_review=datetime.fromisoformat(last) if last else None,
            )

    def suspended(self) -> frozenset[str]:
        return frozenset(item for (item,) in self._db.read("SELECT item FROM suspended"))

    def rate(
        self,
        item: str,
        rating: Rating,
        before: Memory | None,
        *,
        at: datetime | None = None,
        milliseconds: int | None = None,
    ) -> Memory:
        """Record a rating of a card whose memory was this *before*, and return its new memory.

        AnsweredElsewhere is raised where it is not what it was any more.
        """
        moment = at or now()
        memory = after(before, rating, moment)
        return self._db.transact(lambda db: _record(db, item, rating, before, memory, milliseconds, None))

    def grade(self, kata: str, number: int, rating: Rating, at: datetime) -> None:
        """Record how a round of a kata went, unless another command has."""

        def work(db: sqlite3.Connection) -> None:
            rows = db.execute(f"SELECT {_STATE}, review FROM memories WHERE item = ?", (kata,)).fetchall()
            before = _memory(rows[0]) if rows else None
            memory = after(before, rating, at, is_kata=True)
            graded = "SELECT 1 FROM reviews WHERE item = ? AND round = ? AND undone IS NULL"
            if not db.execute(graded, (kata, number)).fetchall():
                _record(db, kata, rating, before, memory, None, number)

        self._db.transact(work)

    def undo(self, item: str, review: int, before: Memory | None) -> None:
        """Take back the last review of an item, the one of this number, so that its memory is as *before*."""
        self._db.transact(lambda db: _undo(db, item, review, before))

    def suspend(self, item: str) -> None:
        """Ask an item no more until it is resumed."""
        self._db.write("INSERT OR IGNORE INTO suspended (item, at) VALUES (?, ?)", (item, iso(now())))

    def resume(self, item: str) -> None:
        self._db.write("DELETE FROM suspended WHERE item = ?", (item,))


def _memory(row: tuple[Any, ...] | list[Any]) -> Memory:
    state, step, stability, difficulty, due, last_review, review = row
    return Memory(
        phase=Phase(state),
        step=step,
        stability=stability,
        difficulty=difficulty,
        due=datetime.fromisoformat(due),
        last_review=datetime.fromisoformat(last_review),
        review=review,
    )


def _columns(memory: Memory | None) -> tuple[Any, ...]:
    if memory is None:
        return (None,) * 6
    moments = (iso(memory.due), iso(memory.last_review))
    return (int(memory.phase), memory.step, memory.stability, memory.difficulty, *moments)


def _record(
    db: sqlite3.Connection,
    item: str,
    rating: Rating,
    before: Memory | None,
    memory: Memory,
    milliseconds: int | None,
    number: int | None,
) -> Memory:
    _refuse_other_memory(db, item, before.review if before else 0)
    review = db.execute(
        f"INSERT INTO reviews (item, at, rating, milliseconds, round, {_STATE})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (item, iso(memory.last_review), int(rating), milliseconds, number, *_columns(before)),
    ).lastrowid
    assert review
    _remember(db, item, memory, review)
    return replace(memory, review=review)


def _refuse_other_memory(db: sqlite3.Connection, item: str, review: int) -> None:
    rows = db.execute("SELECT review FROM memories WHERE item = ?", (item,)).fetchall()
    if (rows[0][0] if rows else 0) != review:
        raise AnsweredElsewhere(item)


def _remember(db: sqlite3.Connection, item: str, memory: Memory, review: int) -> None:
    db.execute(
        f"INSERT OR REPLACE INTO memories (item, {_STATE}, review) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (item, *_columns(memory), review),
    )


def _undo(db: sqlite3.Connection, item: str, review: int, before: Memory | None) -> None:
    _refuse_other_memory(db, item, review)
    db.execute("UPDATE reviews SET undone = ? WHERE id = ?", (iso(now()), review))
    if before is None:
        db.execute("DELETE FROM memories WHERE item = ?", (item,))
    else:
        _remember(db, item, before, before.review)
