"""The folder where a learner's submissions live; nothing of theirs is ever overwritten."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .errors import WorkspaceError
from .kata import Kata

LARGEST = 1024 * 1024
_STATE = ".mlkata"
_ODD_KINDS = {
    stat.S_ISDIR: "a folder",
    stat.S_ISLNK: "a symbolic link, which could lead anywhere",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
}


@dataclass(frozen=True)
class Started:
    """Where a kata's submission lies, and whether it was written just now."""

    path: Path
    written: bool


@dataclass(frozen=True)
class Workspace:
    """A folder of submissions; its `.mlkata/` holds the progress and every checked version."""

    folder: Path

    @classmethod
    def locate(cls, cwd: Path) -> Workspace | None:
        """Return MLKATA_WORKSPACE, or the nearest folder upwards that holds `.mlkata/`, or None."""
        named = os.environ.get("MLKATA_WORKSPACE")
        if named:
            return cls(_existing(Path(named).expanduser().absolute()))
        return next((cls(folder) for folder in _upwards(cwd.absolute()) if (folder / _STATE).is_dir()), None)

    @classmethod
    def create(cls, folder: Path) -> Workspace:
        """Return *folder* as a workspace; one that is a workspace already stays as it is."""
        workspace = cls(folder.absolute())
        workspace.prepare()
        return workspace

    @property
    def state(self) -> Path:
        return self.folder / _STATE

    @property
    def progress_path(self) -> Path:
        return self.state / "progress.db"

    def submission_path(self, kata: Kata) -> Path:
        """Return where the submission for *kata* lies, or will."""
        return self.folder / kata.file_name

    def prepare(self) -> None:
        """Make `.mlkata/`, which hides itself from git, or raise WorkspaceError."""
        with _in_words(self.state, "made"):
            self.state.mkdir(exist_ok=True)
            ignore = self.state / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")

    def start(self, kata: Kata, text: str) -> Started:
        """Write *text* as the submission for *kata*, unless something of that name exists."""
        path = self.submission_path(kata)
        with _in_words(path, "written"):
            try:
                file = path.open("x", encoding="utf-8", newline="\n")
            except FileExistsError:
                return Started(path, written=False)
            try:
                with file:
                    file.write(text)
            except BaseException:
                path.unlink(missing_ok=True)  # half a starter would never be replaced by a whole one
                raise
        return Started(path, written=True)

    def versions(self, kata: Kata) -> tuple[Path, ...]:
        """Return the checked versions of *kata*'s submission, oldest first."""
        return tuple(sorted(self._history(kata).glob("*.py")))

    def keep(self, kata: Kata, source: bytes) -> Path:
        """Store *source* as the newest version and return its path; the latest one is not stored twice."""
        self.prepare()
        latest = self.versions(kata)[-1:]
        digest = hashlib.sha256(source).hexdigest()[:12]
        if latest and latest[0].stem.endswith(digest):
            return latest[0]
        folder = self._history(kata)
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        path = folder / f"{now}-{digest}.py"
        with _in_words(path, "written"):
            folder.mkdir(parents=True, exist_ok=True)
            _write_whole(path, source)
        return path

    def _history(self, kata: Kata) -> Path:
        return self.state / "history" / kata.slug


def read_submission(path: Path, kata: str = "") -> bytes:
    """Return the bytes of the regular file at *path*, or raise WorkspaceError.

    With the name of its *kata*, the error for a missing file says how to get one.
    """
    try:
        _refuse_odd_kind(path, path.lstat().st_mode)
        with open(os.open(path, _reading()), "rb") as file:
            _refuse_odd_kind(path, os.fstat(file.fileno()).st_mode)
            source = file.read(LARGEST + 1)
    except FileNotFoundError:
        start = f"`mlkata start {kata}` writes it." if kata else "Check its path."
        raise WorkspaceError(f"There is no file {path}.", start) from None
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {_reason(error)}.", "Check its permissions.") from None
    if len(source) > LARGEST:
        raise WorkspaceError(f"{path} is larger than 1 MiB.", "A submission is one file of code; trim it.")
    return source


def _reading() -> int:
    """Return flags that follow no symbolic link and wait for no pipe, where the system has them."""
    names = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
    return os.O_RDONLY | sum(getattr(os, name, 0) for name in names)


def _refuse_odd_kind(path: Path, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((words for test, words in _ODD_KINDS.items() if test(mode)), "a device")
    raise WorkspaceError(f"{path} is {kind}.", "A submission is a regular file; put the code itself there.")


def _upwards(cwd: Path) -> Iterator[Path]:
    """Yield *cwd* and the folders above it, up to home or the border of the file system."""
    home, device = Path.home(), _device(cwd)
    for folder in (cwd, *cwd.parents):
        if _device(folder) != device:
            return
        yield folder
        if folder == home:
            return


def _device(folder: Path) -> int | None:
    try:
        return folder.stat().st_dev
    except OSError:
        return None


def _existing(folder: Path) -> Path:
    if folder.is_dir():
        return folder
    make = f"Make it (`mkdir -p {folder}`) or unset the variable."
    raise WorkspaceError(f"MLKATA_WORKSPACE names {folder}, which is not a folder.", make)


def _write_whole(path: Path, content: bytes) -> None:
    """Write *content* so that *path* holds all of it or does not exist, even after a power cut."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _in_words(path: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        advice = "Free some space, or choose another folder: MLKATA_WORKSPACE names it."
        raise WorkspaceError(f"{path} cannot be {verb}: {_reason(error)}.", advice) from None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
