"""What a learner has done, in one SQLite file: attempts, starts, hints, reviews; nothing is ever lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..course.fingerprint import Fingerprint
from ..support.clock import iso, now
from ..support.database import Database
from ..support.records import record
from .status import KataStatus

if TYPE_CHECKING:
    from ..report import Report

# One script for each `user_version`; a released one never changes, a new one is appended.
_MIGRATIONS = (
    """
    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY,
        kata TEXT NOT NULL,
        started TEXT NOT NULL,
        ended TEXT,
        seed TEXT NOT NULL DEFAULT '',
        suite_hash TEXT NOT NULL,
        submission_hash TEXT NOT NULL,
        status TEXT,
        passed INTEGER,
        total INTEGER,
        failed_check TEXT,
        CHECK ((ended IS NULL) = (status IS NULL))
    ) STRICT;
    CREATE INDEX attempts_of_kata ON attempts (kata, status);
    CREATE TABLE starts (
        id INTEGER PRIMARY KEY,
        kata TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT;
    CREATE TABLE hints (
        id INTEGER PRIMARY KEY,
        kata TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number > 0),
        at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX hints_of_kata ON hints (kata, number);
    """,
    """
    CREATE TABLE give_ups (
        id INTEGER PRIMARY KEY,
        kata TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT;
    CREATE TABLE editions (
        id INTEGER PRIMARY KEY,
        kata TEXT NOT NULL,
        at TEXT NOT NULL,
        brief TEXT NOT NULL,
        starter TEXT NOT NULL,
        suite TEXT NOT NULL
    ) STRICT;
    """,
    # A kata's second round begins with its first row here; each holds the last ids of the rounds before.
    # An item is a card by its id or a kata by its slug. A review holds the memory as it was before it.
    """
    CREATE TABLE rounds (
        id INTEGER PRIMARY KEY,
        kata TEXT NOT NULL,
        at TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        hint INTEGER NOT NULL,
        give_up INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX rounds_of_kata ON rounds (kata);
    CREATE TABLE reviews (
        id INTEGER PRIMARY KEY,
        item TEXT NOT NULL,
        at TEXT NOT NULL,
        rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 4),
        milliseconds INTEGER,
        round INTEGER,
        state INTEGER,
        step INTEGER,
        stability REAL,
        difficulty REAL,
        due TEXT,
        last_review TEXT,
        undone TEXT
    ) STRICT;
    CREATE INDEX reviews_of_item ON reviews (item, id);
    CREATE INDEX reviews_by_time ON reviews (at);
    CREATE UNIQUE INDEX one_review_a_round ON reviews (item, round) WHERE undone IS NULL;
    CREATE TABLE memories (
        item TEXT PRIMARY KEY,
        state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
        step INTEGER,
        stability REAL NOT NULL,
        difficulty REAL NOT NULL,
        due TEXT NOT NULL,
        last_review TEXT NOT NULL,
        review INTEGER NOT NULL REFERENCES reviews (id)
    ) STRICT;
    CREATE INDEX memories_by_due ON memories (due);
    CREATE TABLE suspended (
        item TEXT PRIMARY KEY,
        at TEXT NOT NULL
    ) STRICT;
    """,
    # When the note of a card last changed, for Anki: its content as a hash, the second of the change.
    """
    CREATE TABLE anki_notes (
        card TEXT PRIMARY KEY,
        content TEXT NOT NULL,
        changed INTEGER NOT NULL
    ) STRICT;
    """,
    # What came first is told by a count of turns, since clocks are put back; the rows before it have 0.
    """
    ALTER TABLE attempts ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE attempts ADD COLUMN version TEXT NOT NULL DEFAULT '';
    ALTER TABLE attempts ADD COLUMN replayed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE starts ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE give_ups ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
    """,
    """
    ALTER TABLE attempts ADD COLUMN message TEXT NOT NULL DEFAULT '';
    """,
)
_NEXT_TURN = (
    "(SELECT 1 + coalesce(max(turn), 0) FROM (SELECT max(turn) AS turn FROM attempts"
    " UNION ALL SELECT max(turn) FROM starts UNION ALL SELECT max(turn) FROM give_ups))"
)


@record(kw_only=True)
class Attempt:
    """One check of a submission; one that never came to its end is `interrupted`.

    `version` names the kept version that was judged; `replayed`: with a seed that was chosen, so that it
    does not count as a pass. `message` says what did not pass where no check says it.
    """

    id: int
    kata: str
    started: str
    ended: str
    seed: str
    suite_hash: str
    submission_hash: str
    version: str
    replayed: bool
    status: str
    passed: int
    total: int
    failed_check: str
    message: str


class Progress:
    """The progress file of one workspace; use it in a `with`."""

    def __init__(self, path: Path) -> None:
        self._db = Database(path, _MIGRATIONS)

    @property
    def database(self) -> Database:
        """The file itself, for the tables of reviews."""
        return self._db

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def notices(self) -> list[str]:
        """What the learner must know about the file itself."""
        return self._db.notices

    def begin(
        self, kata: str, *, suite_hash: str, submission_hash: str, version: str = "", replayed: bool = False
    ) -> int:
        """Record that an attempt begins; until `end` it counts as interrupted."""
        return self._db.write(
            "INSERT INTO attempts (kata, started, suite_hash, submission_hash, version, replayed, turn)"
            f" VALUES (?, ?, ?, ?, ?, ?, {_NEXT_TURN})",
            (kata, _now(), suite_hash, submission_hash, version, replayed),
        )

    def end(self, attempt: int, report: Report) -> None:
        """Record how an attempt ended."""
        failure = report.first_failure
        self._db.write(
            "UPDATE attempts SET ended = ?, seed = ?, status = ?, passed = ?, total = ?, failed_check = ?,"
            " message = ? WHERE id = ?",
            (
                _now(),
                report.seed,
                report.status.value,
                report.passed,
                report.total,
                failure.name if failure else None,
                "" if failure else report.message,
                attempt,
            ),
        )

    def started(self, kata: str) -> None:
        """Record that the learner turned to *kata*."""
        self._db.write(f"INSERT INTO starts (kata, at, turn) VALUES (?, ?, {_NEXT_TURN})", (kata, _now()))

    def hinted(self, kata: str, number: int) -> None:
        """Record that hint *number* (from 1) was shown."""
        self._db.write("INSERT INTO hints (kata, number, at) VALUES (?, ?, ?)", (kata, number, _now()))

    def gave_up(self, kata: str) -> None:
        """Record that the solution was shown before *kata* was passed."""
        self._db.write(f"INSERT INTO give_ups (kata, at, turn) VALUES (?, ?, {_NEXT_TURN})", (kata, _now()))

    def met(self, kata: str, fingerprint: Fingerprint) -> None:
        """Record which fingerprint of *kata* the learner works on from now on."""
        self._db.write(
            "INSERT INTO editions (kata, at, brief, starter, suite) VALUES (?, ?, ?, ?, ?)",
            (kata, _now(), fingerprint.brief, fingerprint.starter, fingerprint.suite),
        )

    def fingerprints(self) -> dict[str, Fingerprint]:
        """Return the fingerprint of each kata that the learner works on."""
        rows = self._db.read("SELECT kata, brief, starter, suite FROM editions ORDER BY id")
        return {kata: Fingerprint(*hashes) for kata, *hashes in rows}

    def passed_suites(self) -> dict[str, frozenset[str]]:
        """Return the hashes of the suites that each kata was passed with."""
        found: dict[str, frozenset[str]] = {}
        for kata, suite in self._db.read(
            "SELECT DISTINCT kata, suite_hash FROM attempts WHERE status = 'passed' AND NOT replayed"
        ):
            found[kata] = found.get(kata, frozenset()) | {suite}
        return found

    def hints_shown(self, kata: str) -> int:
        """Return how many of the kata's hints have been shown in this round of it."""
        shown = self._db.read(
            "SELECT coalesce(max(number), 0) FROM hints WHERE kata = ?1"
            " AND id > (SELECT coalesce(max(hint), 0) FROM rounds WHERE kata = ?1)",
            (kata,),
        )
        return int(shown[0][0])

    def last_kata(self) -> str:
        """Return the kata last started or checked, or nothing."""
        rows = self._db.read(
            "SELECT kata FROM (SELECT kata, turn, started AS at FROM attempts"
            " UNION ALL SELECT kata, turn, at FROM starts) ORDER BY turn DESC, at DESC LIMIT 1"
        )
        return str(rows[0][0]) if rows else ""

    def statuses(self) -> dict[str, KataStatus]:
        """Return the status of each kata that was ever touched; a pass after the solution is assisted."""
        touched = self._db.read("SELECT kata FROM starts UNION SELECT kata FROM attempts")
        passed = self._firsts("started AS at FROM attempts WHERE status = 'passed' AND NOT replayed")
        shown = self._firsts("at FROM give_ups")
        return (
            {kata: KataStatus.STARTED for (kata,) in touched}
            | dict.fromkeys(shown, KataStatus.GAVE_UP)
            | {
                kata: KataStatus.ASSISTED if shown.get(kata, at) < at else KataStatus.PASSED
                for kata, at in passed.items()
            }
        )

    def _firsts(self, rows: str) -> dict[str, tuple[int, str]]:
        """Return for each kata the turn and the time of the first of some rows."""
        found = self._db.read(f"SELECT kata, turn, {rows} ORDER BY turn DESC, at DESC")
        return {kata: (turn, at) for kata, turn, at in found}

    def attempts(self, kata: str) -> tuple[Attempt, ...]:
        """Return the attempts at *kata*, oldest first."""
        rows = self._db.read(
            "SELECT id, kata, started, coalesce(ended, ''), seed, suite_hash, submission_hash, version,"
            " replayed, coalesce(status, 'interrupted'), coalesce(passed, 0), coalesce(total, 0),"
            " coalesce(failed_check, ''), message FROM attempts WHERE kata = ? ORDER BY id",
            (kata,),
        )
        names = tuple(Attempt.__annotations__)
        return tuple(Attempt(**dict(zip(names, row, strict=True))) for row in rows)

    def checks(self) -> tuple[str, ...]:
        """Return the moments at which submissions were judged, oldest first."""
        return tuple(at for (at,) in self._db.read("SELECT started FROM attempts ORDER BY id"))


def _now() -> str:
    return iso(now())
