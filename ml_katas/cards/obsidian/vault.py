"""The notes of a vault: found, read, and changed only where they still are what was read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ...errors import UsageError
from ...support.files import as_file_error, reason, write_unless_changed
from ...support.records import record
from . import callouts, spaced
from .note import Block, Remark, VaultNote

LARGEST = 16 * 1024 * 1024


@record
class LineEdit:
    """Lines, without ends, for those from `start` up to `end`; where both are one, they go between."""

    start: int
    end: int
    lines: tuple[str, ...]


def hash_of(content: bytes | str) -> str:
    """Return the beginning of a hash: what our comments in a note remember of a text or a picture."""
    return sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:10]


def note_files(folder: Path, suffixes: str | tuple[str, ...] = ".md") -> Iterator[Path]:
    """Yield the files below *folder* in order, through links, each once; nothing that is hidden."""
    seen: set[str] = set()
    if folder.exists() and not folder.is_dir():
        yield folder
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(suffixes) and not name.startswith("."):
                yield Path(place, name)


def notes_in(folder: Path, containing: tuple[bytes, ...] = (b"",)) -> Iterator[VaultNote | tuple[Path, str]]:
    """Yield the notes below *folder* that hold some of these; of one that cannot be read, path and reason."""
    for path in note_files(folder):
        try:
            content = _content(path)
            if any(part in content for part in containing):
                yield VaultNote.load(path, content)
        except UnicodeDecodeError as error:
            yield path, f"is not UTF-8 text ({error.reason} at byte {error.start})"
        except OSError as error:
            yield path, f"cannot be read: {reason(error)}"


def _content(path: Path) -> bytes:
    """Return what a note holds; a pipe is not waited for, and what is too large to be a note is not read."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, "not a file")
    if facts.st_size > LARGEST:
        raise OSError(errno.EFBIG, "larger than 16 MiB")
    return path.read_bytes()


def cards_in(note: VaultNote) -> Iterator[Block | Remark]:
    """Yield the cards of a note, in both ways to write them, and what is odd."""
    yield from callouts.read(note)
    if spaced.has_tag(note):
        yield from spaced.read(note)


def save(note: VaultNote, edits: list[LineEdit]) -> bool:
    """Apply *edits* to the file of *note*, unless it was saved meanwhile; return whether that was done."""
    with as_file_error(note.path, "written"):
        # Where the note is a link, what it leads to is written.
        return write_unless_changed(note.path.resolve(), note.content, _edited(note, edits))


def _edited(note: VaultNote, edits: list[LineEdit]) -> bytes:
    lines = list(note.lines)
    if lines[-1] and any(edit.start == len(lines) for edit in edits):
        lines[-1:] = [lines[-1] + note.line_end, ""]  # the file's last line had no end
    in_order = sorted(edits, key=lambda edit: (edit.start, edit.end))
    for edit in reversed(in_order):
        lines[edit.start : edit.end] = (line + note.line_end for line in edit.lines)
    return note.encoded([*lines[:-1], lines[-1].removesuffix("\r")])


def usable(folder: Path) -> None:
    """Refuse a path that is no folder."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file.", "Name a folder: the vault, or one in it.")
