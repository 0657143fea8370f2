"""What a learner has done, in one SQLite file: attempts, starts and hints; nothing is ever lost."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from .errors import WorkspaceError
from .report import Report

Result = TypeVar("Result")

BUSY_SECONDS = 5.0

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
)


@dataclass(frozen=True)
class Attempt:
    """One check of a submission; one that never came to its end is `interrupted`."""

    id: int
    kata: str
    started: str
    ended: str
    seed: str
    suite_hash: str
    submission_hash: str
    status: str
    passed: int
    total: int
    failed_check: str


class Progress:
    """The progress file of one workspace; use it in a `with`.

    `notices` are sentences for the learner: what was found damaged and where it was put.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notices: list[str] = []
        self._file = 0
        self._db = self._connect()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def begin(self, kata: str, *, suite_hash: str, submission_hash: str) -> int:
        """Record that an attempt begins; until `end` it counts as interrupted."""
        return self._write(
            "INSERT INTO attempts (kata, started, suite_hash, submission_hash) VALUES (?, ?, ?, ?)",
            (kata, _now(), suite_hash, submission_hash),
        )

    def end(self, attempt: int, report: Report) -> None:
        """Record how an attempt ended."""
        failure = report.first_failure
        self._write(
            "UPDATE attempts SET ended = ?, seed = ?, status = ?, passed = ?, total = ?, failed_check = ?"
            " WHERE id = ?",
            (
                _now(),
                report.seed,
                report.status.value,
                report.passed,
                report.total,
                failure.name if failure else None,
                attempt,
            ),
        )

    def started(self, kata: str) -> None:
        """Record that the learner turned to *kata*."""
        self._write("INSERT INTO starts (kata, at) VALUES (?, ?)", (kata, _now()))

    def hinted(self, kata: str, number: int) -> None:
        """Record that hint *number* (from 1) was shown."""
        self._write("INSERT INTO hints (kata, number, at) VALUES (?, ?, ?)", (kata, number, _now()))

    def hints_shown(self, kata: str) -> int:
        """Return how many of the kata's hints have been shown."""
        return int(self._read("SELECT coalesce(max(number), 0) FROM hints WHERE kata = ?", (kata,))[0][0])

    def last_kata(self) -> str:
        """Return the kata last started or checked, or nothing."""
        rows = self._read(
            "SELECT kata FROM (SELECT kata, started AS at FROM attempts"
            " UNION ALL SELECT kata, at FROM starts) ORDER BY at DESC LIMIT 1"
        )
        return str(rows[0][0]) if rows else ""

    def statuses(self) -> dict[str, str]:
        """Return `passed` or `started` for each kata that was ever touched."""
        touched = self._read("SELECT kata FROM starts UNION SELECT kata FROM attempts")
        passed = self._read("SELECT DISTINCT kata FROM attempts WHERE status = 'passed'")
        return {kata: "started" for (kata,) in touched} | {kata: "passed" for (kata,) in passed}

    def attempts(self, kata: str) -> tuple[Attempt, ...]:
        """Return the attempts at *kata*, oldest first."""
        rows = self._read(
            "SELECT id, kata, started, coalesce(ended, ''), seed, suite_hash, submission_hash,"
            " coalesce(status, 'interrupted'), coalesce(passed, 0), coalesce(total, 0),"
            " coalesce(failed_check, '') FROM attempts WHERE kata = ? ORDER BY id",
            (kata,),
        )
        return tuple(Attempt(*row) for row in rows)

    def _read(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self._mended(lambda: self._db.execute(query, values).fetchall())

    def _write(self, statement: str, values: tuple[Any, ...]) -> int:
        def run() -> int:
            with _transaction(self._db):
                return self._db.execute(statement, values).lastrowid or 0

        return self._mended(run)

    def _mended(self, work: Callable[[], Result]) -> Result:
        """Return what *work* returns; a damaged file is put aside first, and a new one made."""
        try:
            return work()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise self._in_words(error) from None
        self._db.close()
        self._db = self._renew()
        return work()

    def _connect(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise self._in_words(error) from None
        return self._renew()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            self._file = self.path.stat().st_ino
            self._migrate(db, _version(db))
        except BaseException:
            db.close()
            raise
        return db

    def _migrate(self, db: sqlite3.Connection, version: int) -> None:
        if version > len(_MIGRATIONS):
            advice = "Update: `pip install --upgrade ml_katas`."
            raise WorkspaceError(f"{self.path} was written by a newer mlkata.", advice)
        _settle(db)
        if version == len(_MIGRATIONS):
            return
        with _transaction(db):
            # Read again: another command may have migrated while this one waited for the lock.
            for number, script in enumerate(_MIGRATIONS[_version(db) :], _version(db) + 1):
                for statement in filter(str.strip, script.split(";")):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")

    def _renew(self) -> sqlite3.Connection:
        """Put the damaged file aside and open a new one; of two commands only one moves it."""
        with _alone(self.path.with_suffix(".lock")):
            if self._file in (0, _inode(self.path)):
                aside = self._put_aside()
                self.notices.append(f"The progress file was damaged. It is now {aside}; a new one begins.")
            return self._open()

    def _put_aside(self) -> Path:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        aside = self.path.with_name(f"{self.path.name}.damaged-{now}")
        # The log goes first: beside a new file SQLite would take it for that file's own.
        for suffix in ("-wal", "-shm", ""):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        return aside

    def _in_words(self, error: sqlite3.Error) -> WorkspaceError:
        advice = "Free some space or check the permissions of the folder, then run the command again."
        if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            advice = "Another mlkata is writing to it; run the command again."
        return WorkspaceError(f"{self.path} cannot be used: {error}.", advice)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _settle(db: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait by itself when two commands do so at once."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _is_damage(error: sqlite3.Error) -> bool:
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that ends with the process; where the system has none, go on without."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with closing(os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb")) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
