"""One SQLite file that survives kills, crowds and damage, and says in words what went wrong."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from ..errors import WorkspaceError
from .files import as_file_error, locked, write_whole

Result = TypeVar("Result")
Values = tuple[Any, ...] | dict[str, Any]

BUSY_SECONDS = 5.0
_NO_WRITING = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL)


class Database:
    """An SQLite file; *migrations* are its scripts, one for each `user_version`.

    `notices` are sentences for the learner: what was found damaged and where it was put.
    A folder that cannot be written to is read all the same, and so is one on a full disk.
    """

    def __init__(self, path: Path, migrations: tuple[str, ...]) -> None:
        self.path = path
        self.notices: list[str] = []
        self._migrations = migrations
        self._why_read_only: sqlite3.Error | None = None
        self._file = 0
        self._db = self._connect()

    def close(self) -> None:
        self._db.close()

    def read(self, query: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self._recovered(lambda: self._db.execute(query, values).fetchall())

    def write(self, statement: str, values: Values) -> int:
        """Run one statement in a transaction of its own and return the id of the row that it made."""
        return self.transact(lambda db: db.execute(statement, values).lastrowid or 0)

    def transact(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Return what *work* returns; what it writes is written as one, or not at all."""
        if self._why_read_only:
            raise self._in_words(self._why_read_only)

        def run() -> Result:
            with _transaction(self._db):
                return work(self._db)

        return self._recovered(run)

    def _recovered(self, work: Callable[[], Result]) -> Result:
        """Return what *work* returns; a damaged file is put aside first, and a new one made."""
        try:
            return work()
        except sqlite3.DatabaseError as error:
            moved = _code(error) == sqlite3.SQLITE_IOERR and self._file != _inode(self.path)
            if not moved and not _is_damage(error):
                raise self._in_words(error) from None
        self._db.close()
        self._db = self._open_after_others() if moved else self._renew(self._file)
        return work()

    def _connect(self) -> sqlite3.Connection:
        if not _size(self.path):
            return self._begin()
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if _code(error) in _NO_WRITING and self.path.is_file():
                return self._open_to_read(error)
            if _code(error) == sqlite3.SQLITE_IOERR:
                return self._open_after_others()
            if not _is_damage(error):
                raise self._in_words(error) from None
        return self._renew()

    def _begin(self) -> sqlite3.Connection:
        """Make the file, whole or not at all: one that is empty had a content once, and is put aside."""
        with as_file_error(self.path, "written"), locked(self.path.with_suffix(".lock")):
            if _size(self.path) == 0:
                aside = self._put_aside()
                says = "The progress file was empty, as after a power cut."
                self.notices.append(f"{says} It is now {aside}; a new one begins.")
            if _size(self.path) is None:
                with closing(sqlite3.connect(":memory:", isolation_level=None)) as new:
                    self._migrate(new, 0)
                    write_whole(self.path, new.serialize())
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            raise self._in_words(error) from None

    def _open_after_others(self) -> sqlite3.Connection:
        """Open the file once nobody is putting it aside, which fails those who have it open."""
        try:
            with locked(self.path.with_suffix(".lock")):
                return self._open()
        except sqlite3.DatabaseError as error:
            if _code(error) in (sqlite3.SQLITE_IOERR, *_NO_WRITING):
                return self._open_to_read(error)
            raise self._in_words(error) from None
        except OSError:
            return self._open_to_read(sqlite3.OperationalError("database or disk is full"))

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            self._file = self.path.stat().st_ino
            self._migrate(db, _version(db))
        except BaseException:
            db.close()
            raise
        return db

    def _open_to_read(self, why: sqlite3.Error) -> sqlite3.Connection:
        """Open a copy in memory: the write-ahead log asks for a folder that can be written to."""
        db = sqlite3.connect(":memory:", isolation_level=None)
        with as_file_error(self.path, "read"):
            try:
                self._copy_with_log(db)
            except (OSError, sqlite3.Error):  # there is no place for a copy: what the log holds is left out
                with closing(sqlite3.connect(f"{self.path.as_uri()}?immutable=1", uri=True)) as whole:
                    whole.backup(db)
        self._migrate(db, _version(db))
        db.execute("PRAGMA query_only = ON")
        self._why_read_only = why
        return db

    def _copy_with_log(self, db: sqlite3.Connection) -> None:
        from shutil import copyfile
        from tempfile import TemporaryDirectory

        memory = "/dev/shm"  # where the disk is full, this is not
        with TemporaryDirectory(prefix="mlkata-", dir=memory if Path(memory).is_dir() else None) as folder:
            copy = Path(folder, self.path.name)
            for name in (self.path.name, f"{self.path.name}-wal"):
                if self.path.with_name(name).exists():
                    copyfile(self.path.with_name(name), copy.with_name(name))
            with closing(sqlite3.connect(copy)) as whole:
                whole.backup(db)

    def _migrate(self, db: sqlite3.Connection, version: int) -> None:
        if version > len(self._migrations):
            advice = "Update: `pip install --upgrade ml_katas`."
            raise WorkspaceError(f"{self.path} was written by a newer mlkata.", advice)
        _settle(db)
        if version == len(self._migrations):
            return
        with _transaction(db):
            # Read again: another command may have migrated while this one waited for the lock.
            for number, script in enumerate(self._migrations[_version(db) :], _version(db) + 1):
                for statement in filter(str.strip, script.split(";")):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")

    def _renew(self, damaged: int = 0) -> sqlite3.Connection:
        """Put the damaged file aside and open a new one; of several commands only one moves it.

        *damaged* is the inode of a file that could be opened; without one, opening is what failed.
        """
        with locked(self.path.with_suffix(".lock")):
            if damaged and damaged != _inode(self.path):
                return self._open_patiently()
            try:
                if not damaged:
                    return self._open_patiently()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise self._in_words(error) from None
            aside = self._put_aside()
            self.notices.append(f"The progress file was damaged. It is now {aside}; a new one begins.")
            return self._open()

    def _open_patiently(self) -> sqlite3.Connection:
        """Open the file, again where another command that lets go of the damaged one disturbs it."""
        for pause in (0.02, 0.1, 0.5):
            try:
                return self._open()
            except sqlite3.DatabaseError as error:
                if _code(error) != sqlite3.SQLITE_IOERR:
                    raise
            time.sleep(pause)
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
        if _code(error) == sqlite3.SQLITE_READONLY:
            advice = "Choose a folder that you can write to: MLKATA_WORKSPACE names it."
        if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            advice = "Another mlkata is writing to it; run the command again."
        return WorkspaceError(f"{self.path} cannot be used: {error}.", advice)


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


def _size(path: Path) -> int | None:
    """Return the size of a file, or None where it is missing."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def _is_damage(error: sqlite3.Error) -> bool:
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0
