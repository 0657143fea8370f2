"""The rounds of a kata: it is worked at once, and again from a blank starter whenever it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..support.clock import iso, now
from ..support.records import record

if TYPE_CHECKING:
    from ..support.database import Database

# The newest round of each kata that was begun again: its number, and the last ids of the rounds before it.
_BOUNDS = """
    bounds AS (
        SELECT kata, count(*) AS number, max(attempt) AS attempt, max(hint) AS hint, max(give_up) AS give_up
        FROM rounds GROUP BY kata
    )
"""
_ENDS = f"""
    WITH {_BOUNDS},
    ends AS (
        SELECT kata, coalesce(number, 0) AS number, min(a.id) AS attempt, 0 AS gave_up,
            coalesce(ended, started) AS at
        FROM attempts a LEFT JOIN bounds USING (kata)
        WHERE status = 'passed' AND NOT replayed AND a.id > coalesce(bounds.attempt, 0) GROUP BY kata
        UNION ALL
        SELECT kata, coalesce(number, 0), NULL, 1, min(at)
        FROM give_ups g LEFT JOIN bounds USING (kata)
        WHERE g.id > coalesce(bounds.give_up, 0) GROUP BY kata
    )
"""
_UNGRADED = f"""
    {_ENDS}
    SELECT kata, number, attempt, gave_up, min(at) FROM ends
    WHERE NOT EXISTS (
        SELECT 1 FROM reviews WHERE item = ends.kata AND round = ends.number AND undone IS NULL
    )
    GROUP BY kata ORDER BY min(at)
"""
_OPEN = f"{_ENDS} SELECT kata FROM bounds WHERE kata NOT IN (SELECT kata FROM ends)"
_BEGIN = """
    INSERT INTO rounds (kata, at, attempt, hint, give_up) VALUES (
        ?, ?,
        (SELECT coalesce(max(id), 0) FROM attempts),
        (SELECT coalesce(max(id), 0) FROM hints),
        (SELECT coalesce(max(id), 0) FROM give_ups)
    )
"""
_HELP = """
    SELECT
        (SELECT count(*) FROM attempts WHERE kata = :kata AND id > :attempt AND id < :last
            AND status NOT IN ('passed', 'incomplete', 'broken')),
        (SELECT count(*) FROM hints WHERE kata = :kata AND id > :hint AND at <= :ended)
"""
_BEGAN = """
    SELECT coalesce(
        (SELECT max(at) FROM rounds WHERE kata = :kata),
        (SELECT min(at) FROM (SELECT at FROM starts WHERE kata = :kata
            UNION SELECT started FROM attempts WHERE kata = :kata)),
        :ended
    )
"""


@record(kw_only=True)
class Round:
    """A round that has ended, by a pass or because the learner gave up; the first has number 0.

    `failed` attempts and `hints` came before its end.
    """

    kata: str
    number: int
    began: str
    ended: str
    gave_up: bool
    failed: int
    hints: int


def begin_round(database: Database, kata: str) -> None:
    """Record that *kata* is worked at again from a blank starter."""
    database.write(_BEGIN, (kata, iso(now())))


def open_rounds(database: Database) -> frozenset[str]:
    """Return the katas that were begun again and are neither passed nor given up since."""
    return frozenset(kata for (kata,) in database.read(_OPEN))


def ungraded_rounds(database: Database) -> tuple[Round, ...]:
    """Return the newest round of each kata that has ended and has no review yet, in order."""
    return tuple(_round(database, *end) for end in database.read(_UNGRADED))


def _round(database: Database, kata: str, number: int, last: int | None, gave_up: int, ended: str) -> Round:
    bounds = "SELECT coalesce(max(attempt), 0), coalesce(max(hint), 0) FROM rounds WHERE kata = ?"
    attempt, hint = database.read(bounds, (kata,))[0]
    places = {"kata": kata, "attempt": attempt, "hint": hint, "last": last or 1 << 62, "ended": ended}
    failed, hints = database.read(_HELP, places)[0]
    return Round(
        kata=kata,
        number=number,
        began=database.read(_BEGAN, places)[0][0],
        ended=ended,
        gave_up=bool(gave_up),
        failed=failed,
        hints=hints,
    )
