"""Files that are whole or not there, whatever happens while they are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import WorkspaceError


def write_whole(path: Path, content: bytes) -> None:
    """Write *content* so that *path* holds all of it or what it held before, even after a power cut."""
    with draft_beside(path, content) as draft:
        draft.replace(path)
    sync_folder(path.parent)


def write_new(path: Path, content: bytes) -> None:
    """Write *content* to *path*, whole or not at all, or raise FileExistsError."""
    with draft_beside(path, content) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            with path.open("xb") as file:
                file.write(content)
    sync_folder(path.parent)


@contextmanager
def draft_beside(path: Path, content: bytes) -> Iterator[Path]:
    """Write *content* to a hidden file beside *path*, with its permissions; afterwards it is gone."""
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.is_file():
            draft.chmod(path.stat().st_mode & 0o777)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* survive a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def in_words(path: Path, verb: str) -> Iterator[None]:
    """Turn what the system refuses into a WorkspaceError: `path cannot be written: read-only file system.`"""
    try:
        yield
    except OSError as error:
        advice = "Free some space, or choose another folder: MLKATA_WORKSPACE names it."
        raise WorkspaceError(f"{path} cannot be {verb}: {reason(error)}.", advice) from None


def reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
