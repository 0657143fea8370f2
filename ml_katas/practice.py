"""What a learner can do: list, start, show, check, take a hint. Each returns a value and prints nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .catalog import Catalog, Entry, Row
from .errors import UsageError, WorkspaceError
from .kata import Kata
from .report import Report, Status
from .strict import nearest
from .workspace import Workspace, read_submission

if TYPE_CHECKING:
    from .progress import Progress

OnEvent = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Begun:
    """A kata that was started: where its submission lies, and what was made for it."""

    kata: Kata
    path: Path
    written: bool
    new_workspace: Path | None


@dataclass(frozen=True)
class Checked:
    """A submission that was judged; `following` is the kata to do next after a pass."""

    kata: Kata
    path: Path
    report: Report
    hints_shown: int
    track_title: str = ""
    following: Entry | None = None


@dataclass(frozen=True)
class Hinted:
    """A hint to show, by its number from 1; `again` where all had been shown before."""

    kata: Kata
    number: int
    again: bool


class Desk:
    """The katas, the workspace and the progress of one command; use it in a `with`.

    The progress file is opened when it is first needed.
    """

    def __init__(self, catalog: Catalog, workspace: Workspace | None) -> None:
        self.catalog = catalog
        self.workspace = workspace
        self._progress: Progress | None = None

    @classmethod
    def at(cls, cwd: Path, katas_dir: Path | None = None) -> Desk:
        """Return the desk of someone who works in *cwd*."""
        return cls(Catalog.load(katas_dir), Workspace.locate(cwd))

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.__exit__()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the learner must be told beside the outcome."""
        return tuple(self._progress.notices) if self._progress else ()

    @property
    def has_progress(self) -> bool:
        return self.workspace is not None and self.workspace.progress_path.exists()

    @property
    def progress(self) -> Progress:
        """The progress of the workspace; there must be one."""
        from .progress import Progress

        if not self._progress:
            workspace = self.needed_workspace()
            workspace.prepare()
            self._progress = Progress(workspace.progress_path)
        return self._progress

    def needed_workspace(self, kata: str = "") -> Workspace:
        """Return the workspace, or raise WorkspaceError with the command that makes one."""
        if self.workspace:
            return self.workspace
        command = f"mlkata start {kata}".strip()
        raise WorkspaceError("There is no workspace here or above.", f"`{command}` makes this folder one.")

    def statuses(self) -> dict[str, str]:
        """Return `passed` or `started` for each kata that was ever touched."""
        return self.progress.statuses() if self.has_progress else {}

    def last_kata(self) -> str:
        """Return the kata last started or checked that still exists, or nothing."""
        last = self.progress.last_kata() if self.has_progress else ""
        return last if last in self.catalog.slugs else ""

    def hints_shown(self, kata: Kata) -> int:
        """Return how many hints of *kata* have been shown, at most as many as there are."""
        shown = self.progress.hints_shown(kata.slug) if self.has_progress else 0
        return min(shown, len(kata.hints))


def rows(desk: Desk, *, track: str = "", difficulty: str = "", todo: bool = False) -> tuple[Row, ...]:
    """Return the catalogue with the learner's status, or the part of it that is asked for."""
    names = [known.name for known in desk.catalog.tracks]
    if track and track not in names:
        shown = ", ".join(names) or "none"
        raise UsageError(f"No track called {track!r}.{nearest(track, names)}", f"The tracks are: {shown}.")
    statuses = desk.statuses()
    found = (_row(entry, statuses) for entry in desk.catalog.entries)
    return tuple(
        row
        for row in found
        if (not track or row.track == track)
        and (not difficulty or row.difficulty == difficulty)
        and (not todo or row.status in ("new", "started"))
    )


def start(desk: Desk, cwd: Path, name: str = "") -> Begun:
    """Write the starter of a kata into the workspace, unless its file exists; *cwd* may become one."""
    from .templates import render_starter

    kata = desk.catalog.find(name or _to_start(desk))
    text = render_starter(kata)
    new = None if desk.workspace else cwd
    desk.workspace = desk.workspace or Workspace.create(cwd)
    started = desk.workspace.start(kata, text)
    desk.progress.started(kata.slug)
    return Begun(kata, started.path, started.written, new)


def show(desk: Desk, name: str = "") -> Kata:
    """Return the kata called *name*, or else the last one."""
    return desk.catalog.find(name or _last(desk))


def hint(desk: Desk, name: str = "") -> Hinted:
    """Return the next hint of a kata and remember that it was shown."""
    kata = show(desk, name)
    if not kata.hints:
        raise UsageError(f"{kata.slug} has no hints.", f"`mlkata show {kata.slug}` shows its brief.")
    desk.needed_workspace(kata.slug)
    shown = desk.hints_shown(kata)
    if shown == len(kata.hints):
        return Hinted(kata, shown, again=True)
    desk.progress.hinted(kata.slug, shown + 1)
    return Hinted(kata, shown + 1, again=False)


def check(desk: Desk, name: str = "", *, seed: str = "", on_event: OnEvent | None = None) -> Checked:
    """Judge the submission for a kata; the version that is judged is kept, whatever happens."""
    from .judging.client import judging

    kata = show(desk, name)
    workspace = desk.needed_workspace(kata.slug)
    path = workspace.submission_path(kata)
    _refuse_file_elsewhere(name, path, kata)
    source = read_submission(path, kata.slug)
    with judging() as judge:
        workspace.keep(kata, source)
        attempt = desk.progress.begin(
            kata.slug,
            suite_hash=_hash((kata.folder / "suite.py").read_bytes()),
            submission_hash=_hash(source),
        )
        report = judge(kata, source, file_name=path.name, seed=seed, on_event=on_event)
        desk.progress.end(attempt, report)
    return _checked(desk, kata, path, report)


def check_file(
    desk: Desk, path: Path, name: str = "", *, seed: str = "", on_event: OnEvent | None = None
) -> Checked:
    """Judge a file that lies elsewhere; workspace and progress stay as they are."""
    from .judging.client import judging

    kata = show(desk, name)
    source = read_submission(path)
    with judging() as judge:
        report = judge(kata, source, file_name=path.name, seed=seed, on_event=on_event)
    return Checked(kata, path, report, desk.hints_shown(kata))


def _row(entry: Entry, statuses: dict[str, str]) -> Row:
    return Row(
        entry.slug,
        entry.title,
        entry.track,
        entry.track_title,
        entry.difficulty,
        entry.minutes,
        "broken" if entry.problem else statuses.get(entry.slug, "new"),
        entry.problem.message if entry.problem else "",
    )


def _to_start(desk: Desk) -> str:
    """Return the last kata while it is not passed, or else the first of the course that is not."""
    statuses, last = desk.statuses(), desk.last_kata()
    if last and statuses[last] != "passed":
        return last
    fresh = [e.slug for e in desk.catalog.entries if not e.problem and statuses.get(e.slug) != "passed"]
    if fresh:
        return fresh[0]
    if not desk.catalog.slugs:
        raise UsageError("No katas were found.", "`mlkata doctor` shows where they are looked for.")
    raise UsageError("You have passed every kata.", "`mlkata list` shows them; name one to do it again.")


def _last(desk: Desk) -> str:
    last = desk.last_kata()
    if not last:
        raise UsageError("No kata was started here yet.", "`mlkata start` begins the first; or name one.")
    return last


def _refuse_file_elsewhere(name: str, path: Path, kata: Kata) -> None:
    """Refuse a file argument that exists but is not the submission: to judge it in silence would confuse."""
    given = Path(name)
    is_file = name.endswith(".py") or os.sep in name
    if is_file and given.exists() and given.absolute().resolve() != path.resolve():
        raise UsageError(f"{name} is not {path}.", f"`mlkata check {kata.slug} --file {name}` judges it.")


def _checked(desk: Desk, kata: Kata, path: Path, report: Report) -> Checked:
    shown = desk.hints_shown(kata)
    if report.status is not Status.PASSED:
        return Checked(kata, path, report, shown)
    track = desk.catalog.track_of(kata.slug)
    return Checked(kata, path, report, shown, track.title, _following(desk, kata.slug, track.katas))


def _following(desk: Desk, slug: str, katas: tuple[str, ...]) -> Entry | None:
    """Return the next kata of the track that is not passed: those behind *slug* first, then those before."""
    statuses = desk.statuses()
    at = katas.index(slug) + 1 if slug in katas else 0
    left = (desk.catalog.entry(name) for name in katas[at:] + katas[:at] if statuses.get(name) != "passed")
    return next((entry for entry in left if not entry.problem), None)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
