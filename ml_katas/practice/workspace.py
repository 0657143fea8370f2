"""The folder where a learner's submissions live; nothing of theirs is ever overwritten."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import WorkspaceError
from ..support.files import (
    as_file_error,
    draft_beside,
    locked,
    reason,
    sweep,
    sync_folder,
    write_new,
    write_whole,
)
from ..support.paths import home
from ..support.records import record

if TYPE_CHECKING:
    from ..course.kata import Kata

LARGEST = 1024 * 1024
SETTINGS = "mlkata.toml"
_TRIAL_BYTES = 64 << 10
_STATE = ".mlkata"
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_KEPT = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{12}\.py")
_ODD_KINDS = {
    stat.S_ISDIR: "a folder",
    stat.S_ISLNK: "a symbolic link, which could lead anywhere",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
}


@record
class StartedFile:
    """Where a kata's submission lies, and whether it was written just now."""

    path: Path
    written: bool


@record
class Version:
    """One kept version of a submission; the first has number 1."""

    number: int
    path: Path

    @property
    def name(self) -> str:
        """What tells it from all others of its kata, whenever they were kept."""
        return self.path.stem

    @property
    def at(self) -> datetime:
        """When it was kept."""
        return datetime.strptime(self.path.stem.partition("-")[0], _STAMP).replace(tzinfo=UTC)

    @property
    def digest(self) -> str:
        """The beginning of the hash of its content."""
        return self.path.stem.partition("-")[2]


@record
class Workspace:
    """A folder of submissions; its `.mlkata/` holds the progress and every checked version."""

    folder: Path

    @classmethod
    def locate(cls, cwd: Path) -> Workspace | None:
        """Return MLKATA_WORKSPACE, or the nearest folder upwards that is a workspace, or None.

        A workspace holds `.mlkata/`, or at least `mlkata.toml`.
        """
        named = os.environ.get("MLKATA_WORKSPACE")
        if named:
            return cls(_existing(Path(os.path.expanduser(named)).absolute()))
        return next((cls(folder) for folder in _upwards(cwd.absolute()) if _is_workspace(folder)), None)

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
    def decks(self) -> Path:
        """The folder of the learner's own decks; it is made when the first card is added."""
        return self.folder / "decks"

    @property
    def progress_path(self) -> Path:
        return self.state / "progress.db"

    def submission_path(self, kata: Kata) -> Path:
        """Return where the submission for *kata* lies, or will."""
        return self.folder / kata.file_name

    def prepare(self) -> None:
        """Make `.mlkata/`, which hides itself from git, or raise WorkspaceError."""
        with as_file_error(self.state, "made"):
            self.state.mkdir(exist_ok=True)
            ignore = self.state / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")

    def try_to_write(self) -> None:
        """Raise WorkspaceError where nothing can be written, as on a full disk."""
        path = self.folder / "trial"
        with as_file_error(path, "written"), draft_beside(path, bytes(_TRIAL_BYTES)):
            return

    def start(self, kata: Kata, text: str) -> StartedFile:
        """Write *text* as the submission for *kata*, unless something of that name exists."""
        path = self.submission_path(kata)
        if os.path.lexists(path):
            return StartedFile(path, written=False)
        with as_file_error(path, "written"):
            try:
                write_new(path, text.encode())
            except FileExistsError:
                return StartedFile(path, written=False)
        return StartedFile(path, written=True)

    def replace(self, kata: Kata, content: bytes) -> Version | None:
        """Put *content* in the place of the submission; what was there is kept first and returned."""
        path = self.submission_path(kata)
        self.prepare()
        with as_file_error(path, "written"), locked(self.state / "replacing.lock"):
            while True:
                before = self._current(kata)
                kept = None if before is None else self.kept(kata, before)
                with draft_beside(path, content) as draft:
                    if self._current(kata) == before:  # not saved by an editor in the meantime
                        draft.replace(path)
                        sync_folder(path.parent)
                        return kept

    def versions(self, kata: Kata) -> tuple[Version, ...]:
        """Return the kept versions of *kata*'s submission, oldest first."""
        paths = sorted(path for path in self._history(kata).glob("*.py") if _KEPT.fullmatch(path.name))
        return tuple(Version(number, path) for number, path in enumerate(paths, 1))

    def keep(self, kata: Kata, source: bytes) -> Version:
        """Store *source* as the newest version, unless it is; return that version."""
        from ..course.fingerprint import hash_of  # with it comes hashlib

        self.prepare()
        versions, digest = self.versions(kata), hash_of(source)[:12]
        if versions and versions[-1].digest == digest:
            return versions[-1]
        now = datetime.now(UTC)
        if versions:  # numbers stay what they are, even when the clock was put back
            now = max(now, versions[-1].at + timedelta(microseconds=1))
        path = self._history(kata) / f"{now.strftime(_STAMP)}-{digest}.py"
        with as_file_error(path, "written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path.parent, "*.py")  # no two versions have one name
            write_whole(path, source)
        return Version(len(versions) + 1, path)

    def kept(self, kata: Kata, source: bytes) -> Version:
        """Return the version that holds *source*, the newest of several; store it where it is new."""
        same = (v for v in reversed(self.versions(kata)) if read_submission(v.path) == source)
        return next(same, None) or self.keep(kata, source)

    def _current(self, kata: Kata) -> bytes | None:
        path = self.submission_path(kata)
        return read_submission(path) if os.path.lexists(path) else None

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
        raise WorkspaceError(f"{path} cannot be read: {reason(error)}.", "Check its permissions.") from None
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


def _is_workspace(folder: Path) -> bool:
    # Unlike Path.is_dir these raise nothing where a folder may not be entered.
    return os.path.isdir(folder / _STATE) or os.path.isfile(folder / SETTINGS)


def _upwards(cwd: Path) -> Iterator[Path]:
    """Yield *cwd* and the folders above it, up to home or the border of the file system."""
    top, device = home(), _device(cwd)
    for folder in (cwd, *cwd.parents):
        if _device(folder) != device:
            return
        yield folder
        if folder == top:
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
