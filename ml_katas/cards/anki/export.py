"""`mlkata cards export anki`: decks become one file, which updates what an earlier one brought."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ...course.library import Library
from ...errors import UsageError
from ...support.clock import now
from ...support.database import Database
from ...support.files import as_file_error, write_whole
from ...support.records import record
from ..branches import branch_of, chosen
from ..reviews import Reviews
from .ids import deck_name
from .notes import NoteWriter
from .package import Contents, packed, stamps_in
from .schedule import Today, schedules
from .stamps import Stamp, Stamps, newest, stamped

if TYPE_CHECKING:
    from ...practice.state import AppState


@record(kw_only=True)
class AnkiExport:
    """What was written; `added` and `changed` compare with the last export, `missing` are sentences."""

    path: Path
    decks: tuple[str, ...]
    cards: int
    added: int
    changed: int
    scheduled: int
    pictures: int
    missing: tuple[str, ...]


def export_to_anki(
    state: AppState, library: Library, path: Path, decks: tuple[str, ...] = (), *, with_schedule: bool = False
) -> AnkiExport:
    """Write the named decks, or all, for Anki; a file at *path* is replaced only if mlkata wrote it."""
    if path.suffix != ".apkg":
        problem = f"Anki opens files that end in .apkg, and {path.name} does not."
        raise UsageError(problem, "Name one that does.")
    named = {deck_name(branch_of(library, deck), deck.name): deck for deck in chosen(library, decks)}
    writer, today, database = NoteWriter(), Today(now()), _database(state)
    notes = tuple(note for name, deck in named.items() for note in writer.notes(deck, name))
    known = newest(_recorded(database) if database else {}, stamps_in(path))
    contents = Contents(
        notes=notes,
        stamps=stamped(notes, known, int(today.now.timestamp())),
        titles={name: deck.title for name, deck in named.items()},
        media=writer.media,
        schedules=schedules(Reviews(database), today) if with_schedule and database else {},
        today=today,
    )
    with as_file_error(path, "written", "Choose another place for it."):
        write_whole(path, packed(contents))
    if database:
        _record(database, contents.stamps)
    return _outcome(path, contents, known, writer)


def _outcome(path: Path, contents: Contents, known: Stamps, writer: NoteWriter) -> AnkiExport:
    stamps = contents.stamps
    return AnkiExport(
        path=path,
        decks=tuple(contents.titles),
        cards=len(contents.notes),
        added=len(stamps.keys() - known.keys()),
        changed=sum(card in known and known[card] != stamp for card, stamp in stamps.items()),
        scheduled=sum(note.card in contents.schedules for note in contents.notes),
        pictures=len(contents.media),
        missing=tuple(f"{c.path}:{c.line}: the picture {target} is missing" for c, target in writer.missing),
    )


def _database(state: AppState) -> Database | None:
    """Return the progress file, or nothing where no workspace was ever used."""
    used = state.workspace is not None and state.workspace.state.is_dir()
    return state.progress.database if used else None


def _recorded(database: Database) -> Stamps:
    rows = database.read("SELECT card, content, changed FROM anki_notes")
    return {card: Stamp(content, changed) for card, content, changed in rows}


def _record(database: Database, stamps: Stamps) -> None:
    rows = json.dumps([[card, stamp.content, stamp.changed] for card, stamp in stamps.items()])
    database.write(
        "INSERT OR REPLACE INTO anki_notes (card, content, changed)"
        " SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)",
        (rows,),
    )
