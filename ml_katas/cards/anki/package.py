"""The file that Anki opens: a database of notes, and pictures, in a zip archive that says who wrote it."""

from __future__ import annotations

import itertools
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import genanki  # type: ignore[import-untyped]

from ...errors import UsageError
from ...support.files import as_file_error
from ...support.records import record
from ..days import BEGINS
from . import note_type
from .ids import NOTE_TYPE_ID, deck_id, guid_of
from .notes import AnkiNote, content_of
from .schedule import AnkiSchedule, Today
from .stamps import Stamp, Stamps

_SIGNATURE = b"mlkata.cards-export/1"
_COLLECTION = "collection.anki2"


@record(kw_only=True)
class Contents:
    """What a package holds; `titles` are the decks' by their names."""

    notes: tuple[AnkiNote, ...]
    stamps: Stamps
    titles: dict[str, str]
    media: dict[str, bytes]
    schedules: dict[str, AnkiSchedule]
    today: Today


def packed(contents: Contents) -> bytes:
    """Return a package for Anki."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        package.comment = _SIGNATURE
        package.writestr(_COLLECTION, _collection(contents))
        package.writestr("media", json.dumps({str(n): name for n, name in enumerate(contents.media)}))
        for number, content in enumerate(contents.media.values()):
            package.writestr(str(number), content, zipfile.ZIP_STORED)  # most pictures are compressed
    return archive.getvalue()


def stamps_in(path: Path) -> Stamps:
    """Return the stamps of the package that is at *path*, if one is; anything else there is a UsageError."""
    if not path.exists():
        return {}
    choose = "Choose another name, or take that file away."
    try:
        with as_file_error(path, "read"), zipfile.ZipFile(path) as package:
            if package.comment != _SIGNATURE:
                raise UsageError(f"{path} is a file that mlkata did not write; it stays as it is.", choose)
            return _stamps(package.read(_COLLECTION))
    except (zipfile.BadZipFile, KeyError, sqlite3.DatabaseError, NotImplementedError, EOFError):
        problem = f"{path} is there and is no whole export to Anki; it stays as it is."
        raise UsageError(problem, choose) from None


def _collection(contents: Contents) -> bytes:
    with TemporaryDirectory(prefix="mlkata-") as folder:
        path = Path(folder, _COLLECTION)
        with closing(sqlite3.connect(path)) as db:
            package, now = genanki.Package(list(_decks(contents))), contents.today.now.timestamp()
            package.write_to_db(db.cursor(), now, itertools.count(int(now * 1000)))
            _write_settings(db, contents.today)
            db.commit()
        return path.read_bytes()


def _write_settings(db: sqlite3.Connection, today: Today) -> None:
    """Say which day is the first, where it began, and that ratings are those of a scheduler of today.

    Otherwise Anki would take the package for one of its first scheduler's and raise some ratings by one.
    """
    (text,) = db.execute("SELECT conf FROM col").fetchone()
    settings = json.loads(text) | {"schedVer": 2, "rollover": BEGINS, "creationOffset": today.minutes_west}
    db.execute("UPDATE col SET crt = ?, conf = ?", (today.began, json.dumps(settings)))


def _decks(contents: Contents) -> Iterator[Any]:
    model = _Model()
    decks = {
        name: genanki.Deck(deck_id(name), name, description=title) for name, title in contents.titles.items()
    }
    for position, note in enumerate(contents.notes):
        stamp, schedule = contents.stamps[note.card], contents.schedules.get(note.card)
        decks[note.deck].add_note(_Note(model, note, stamp.changed, position, schedule))
    yield from decks.values()


class _Model(genanki.Model):  # type: ignore[misc]
    """The note type, changed when its text says so and not whenever something is exported."""

    def __init__(self) -> None:
        template = {"name": "card", "qfmt": note_type.FRONT, "afmt": note_type.BACK}
        fields = [{"name": name} for name in note_type.FIELDS]
        super().__init__(NOTE_TYPE_ID, note_type.NAME, fields, [template], css=note_type.STYLE)

    def to_json(self, _: float, deck: int) -> dict[str, Any]:
        facts: dict[str, Any] = super().to_json(note_type.CHANGED, deck)
        return facts


class _Note(genanki.Note):  # type: ignore[misc]
    """A note with a time and a schedule of its own."""

    def __init__(
        self, model: _Model, note: AnkiNote, changed: int, position: int, schedule: AnkiSchedule | None
    ) -> None:
        super().__init__(model, list(note.fields), None, list(note.tags), guid_of(note.card), position)
        self._changed = changed
        self._schedule = schedule

    @property
    def cards(self) -> list[Any]:
        return [_Card(self._schedule)]

    def write_to_db(self, cursor: sqlite3.Cursor, _: float, deck: int, ids: Iterator[int]) -> None:
        super().write_to_db(cursor, self._changed, deck, ids)


class _Card(genanki.Card):  # type: ignore[misc]
    """The one card of a note; where it was reviewed, with its state and its reviews."""

    def __init__(self, schedule: AnkiSchedule | None) -> None:
        super().__init__(0)
        self._schedule = schedule

    def write_to_db(
        self, cursor: sqlite3.Cursor, timestamp: float, deck: int, note: int, ids: Iterator[int], due: int = 0
    ) -> None:
        super().write_to_db(cursor, timestamp, deck, note, ids, due)
        if self._schedule:
            _write_schedule(cursor, cursor.lastrowid or 0, self._schedule)


def _write_schedule(cursor: sqlite3.Cursor, card: int, schedule: AnkiSchedule) -> None:
    columns = schedule.columns
    assignments = ", ".join(f"{name} = ?" for name in columns)
    cursor.execute(f"UPDATE cards SET {assignments} WHERE id = ?", (*columns.values(), card))
    cursor.executemany(
        "INSERT OR IGNORE INTO revlog (id, cid, usn, ease, ivl, lastIvl, factor, time, type)"
        " VALUES (?, ?, -1, ?, ?, ?, ?, ?, ?)",
        [(review[0], card, *review[1:]) for review in schedule.reviews],
    )


def _stamps(collection: bytes) -> Stamps:
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(collection)
        rows: Iterable[tuple[str, int, str, str]] = db.execute("SELECT guid, mod, flds, tags FROM notes")
        return {guid.partition(":")[2]: Stamp(content_of(flds, tags), mod) for guid, mod, flds, tags in rows}
