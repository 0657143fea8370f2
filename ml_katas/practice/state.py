"""What one command works at: the katas, the workspace and the progress."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..course.catalog import Catalog
from ..errors import UsageError, WorkspaceError
from .last import recall, remember
from .status import DONE, KataStatus
from .workspace import Workspace

if TYPE_CHECKING:
    from ..course.kata import Kata
    from ..course.tracks import LearningPath
    from .progress import Progress


class AppState:
    """The katas, the workspace and the progress of one command; use it in a `with`.

    The progress file is opened when it is first needed.
    """

    def __init__(self, catalog: Catalog, workspace: Workspace | None, cwd: Path) -> None:
        self.catalog = catalog
        self.path: LearningPath | None = None  # which the learner is on
        self.workspace = workspace
        self.cwd = cwd
        self.notes: list[str] = []
        self._progress: Progress | None = None
        self._statuses: dict[str, KataStatus] | None = None

    def __enter__(self) -> AppState:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.__exit__()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the learner must know beside the outcome."""
        return (*self.notes, *(self._progress.notices if self._progress else ()))

    @property
    def has_progress(self) -> bool:
        return self.workspace is not None and self.workspace.progress_path.exists()

    @property
    def progress(self) -> Progress:
        """The progress of the workspace; there must be one."""
        from .progress import Progress

        if not self._progress:
            workspace = self.needed_workspace()
            self._restore(workspace)
            self._progress = Progress(workspace.progress_path)
        return self._progress

    def find(self, name: str = "") -> Kata:
        """Return the kata called *name*, or else the one last started or checked."""
        last = name or self.last_kata()
        if not last:
            raise UsageError("No kata was started here yet.", "`mlkata start` begins the first; or name one.")
        return self.catalog.find(last)

    def made_workspace(self) -> tuple[Workspace, bool]:
        """Return the workspace, if need be made of the current folder, and whether it is a new one."""
        workspace = self.workspace = self.workspace or Workspace(self.cwd.absolute())
        is_new = not workspace.state.is_dir() and not self._restore(workspace)
        workspace.prepare()
        remember(workspace.folder)
        return workspace, is_new

    def needed_workspace(self, kata: Kata | None = None) -> Workspace:
        """Return the workspace, or raise WorkspaceError with the command that makes one.

        A folder that holds a submission for *kata* was one, and is again.
        """
        if not self.workspace and kata and (self.cwd / kata.file_name).is_file():
            self.workspace = Workspace(self.cwd.absolute())
        if self.workspace:
            self._restore(self.workspace)
            return self.workspace
        command = f"mlkata start {kata.slug if kata else ''}".strip()
        last = recall()
        where = f"Yours is {last}; or `{command}` makes this folder one." if last else ""
        step = where or f"`{command}` makes this folder one."
        raise WorkspaceError("There is no workspace here or above.", step)

    def statuses(self) -> dict[str, KataStatus]:
        """Return the status of each kata that was ever touched."""
        if self._statuses is None:
            self._statuses = self.progress.statuses() if self.has_progress else {}
        return self._statuses

    def status(self, slug: str) -> KataStatus:
        return self.statuses().get(slug, KataStatus.NEW)

    def is_done(self, slug: str) -> bool:
        return self.status(slug) in DONE

    def is_begun_again(self, slug: str) -> bool:
        """Return whether a kata was begun again from a blank starter and is not passed or given up since."""
        return slug in self._open_rounds()

    def _open_rounds(self) -> frozenset[str]:
        from .rounds import open_rounds

        return open_rounds(self.progress.database) if self.has_progress else frozenset()

    def forget(self) -> None:
        """Read the statuses again when they are next asked for."""
        self._statuses = None

    def last_kata(self) -> str:
        """Return the kata last started or checked that still exists, or nothing."""
        last = self.progress.last_kata() if self.has_progress else ""
        return last if last in self.catalog.slugs else ""

    def hints_shown(self, kata: Kata) -> int:
        """Return how many hints of *kata* have been shown, at most as many as there are."""
        shown = self.progress.hints_shown(kata.slug) if self.has_progress else 0
        return min(shown, len(kata.hints))

    def _restore(self, workspace: Workspace) -> bool:
        """Make `.mlkata/` again where it is missing beside submissions, say so, and return whether it was."""
        if workspace.state.is_dir():
            return False
        names = (slug.replace("-", "_") + ".py" for slug in self.catalog.slugs)
        if not any((workspace.folder / name).is_file() for name in names):
            return False
        workspace.prepare()
        self.notes.append(
            f"{workspace.state} was missing and was made again. Your files are as they were;"
            " progress and kept versions begin afresh."
        )
        return True
