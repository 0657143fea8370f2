"""Files that are whole or not there, whatever happens while they are written."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ..errors import WorkspaceError

STALE_SECONDS = 60


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


def write_unless_changed(path: Path, before: bytes, content: bytes) -> bool:
    """Write *content* whole where *path* still holds what it held *before*, and return whether it did."""
    with draft_beside(path, content) as draft:
        if path.read_bytes() != before:
            return False
        draft.replace(path)
    sync_folder(path.parent)
    return True


@contextmanager
def draft_beside(path: Path, content: bytes) -> Iterator[Path]:
    """Write *content* to a hidden file beside *path*, with its permissions; afterwards it is gone."""
    sweep(path.parent, path.name)
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


def sweep(folder: Path, name: str) -> None:
    """Remove the drafts of files of this *name*, or that match it, of commands that were killed."""
    for draft in folder.glob(f".{name}.{'[0-9a-f]' * 8}"):
        with suppress(FileNotFoundError):
            if time.time() - draft.stat().st_mtime > STALE_SECONDS:
                draft.unlink()


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* survive a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_ADVICE = "Free some space, or choose another folder: MLKATA_WORKSPACE names it."


@contextmanager
def as_file_error(path: Path, verb: str, advice: str = _ADVICE) -> Iterator[None]:
    """Turn what the system refuses into a WorkspaceError: `path cannot be written: read-only file system.`"""
    try:
        yield
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be {verb}: {reason(error)}.", advice) from None


def reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with the process; where the system has none, go on without."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with closing(os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb")) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
