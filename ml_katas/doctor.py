"""What works on this machine, what does not, and the command that mends it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata

from . import __version__
from .desk import DONE, Desk
from .errors import MlkataError
from .records import dataclass

OLDEST_TORCH = (2, 6)
_GET_TORCH = "pip install torch --index-url https://download.pytorch.org/whl/cpu"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `mend` is a command or a step, `vital` means no kata can be judged."""

    name: str
    works: bool
    says: str
    mend: str = ""
    vital: bool = False


def examine(desk: Desk, *, colour: str, encoding: str) -> tuple[Finding, ...]:
    """Return what was found; *colour* and *encoding* are the terminal's, which only the edge knows."""
    torch = _torch()
    return (
        _python(),
        torch,
        *([_isolation()] if torch.works else []),
        *_server(),
        Finding("colours", True, colour),
        _encoding(encoding),
        _workspace(desk),
        *_sources(desk),
        *_katas(desk),
    )


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", True, f"{version}, with mlkata {__version__}")


def _torch() -> Finding:
    try:
        version = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return Finding("torch", False, "is not installed here", _GET_TORCH, vital=True)
    if _numbers(version) < OLDEST_TORCH:
        oldest = ".".join(map(str, OLDEST_TORCH))
        return Finding(
            "torch", False, f"{version} is older than {oldest}", f"{_GET_TORCH} --upgrade", vital=True
        )
    return Finding("torch", True, version)


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split("+")[0].split(".")[:2]
    return tuple(int(part) if part.isdigit() else 0 for part in parts)


def _isolation() -> Finding:
    from .judging.client import isolation

    try:
        found = isolation()
    except MlkataError as error:
        return Finding("isolation", False, error.message, error.next_step, vital=True)
    missing = f"; missing: {', '.join(found.missing)}" if found.missing else ""
    return Finding("isolation", found.level == "strong", f"{found.level}{missing}")


def _server() -> Iterator[Finding]:
    if sys.platform != "linux":
        yield Finding("server", True, "none on this platform: every check starts cold")
        return
    from .judging import server

    try:
        running = server.find()
        log = server.log_file()
    except MlkataError as error:
        yield Finding("server", False, error.message, error.next_step)
        return
    state = f"runs as process {running.pid}" if running else "does not run; the next check starts it"
    yield Finding("server", True, f"{state}; its log is {log}")


def _encoding(encoding: str) -> Finding:
    if encoding.lower().replace("-", "") == "utf8":
        return Finding("encoding", True, "UTF-8")
    return Finding("encoding", False, f"{encoding}: signs are shown in ASCII", "export PYTHONUTF8=1")


def _workspace(desk: Desk) -> Finding:
    if not desk.workspace:
        return Finding("workspace", True, "none here; `mlkata start` makes this folder one")
    try:
        passed = sum(status in DONE for status in desk.statuses().values())
    except MlkataError as error:
        return Finding("workspace", False, error.message, error.next_step)
    if desk.notices:
        return Finding("workspace", False, " ".join(desk.notices))
    return Finding("workspace", True, f"{desk.workspace.folder}, {passed} passed")


def _sources(desk: Desk) -> Iterator[Finding]:
    if not desk.catalog.sources:
        yield Finding(
            "katas", False, "no course was found", "pip install --force-reinstall ml_katas", vital=True
        )
    for folder in desk.catalog.sources:
        count = sum(entry.folder.parent == folder for entry in desk.catalog.entries)
        yield Finding("katas", True, f"{folder}, {count} {'kata' if count == 1 else 'katas'}")
    for problem in desk.catalog.problems:
        yield Finding("katas", False, problem.message, problem.next_step)
    for hidden in desk.catalog.hidden:
        yield Finding("katas", True, f"{hidden.folder} is hidden by {hidden.by}")


def _katas(desk: Desk) -> Iterator[Finding]:
    for entry in desk.catalog.entries:
        if entry.problem:
            yield Finding(entry.slug, False, entry.problem.message, f"mlkata author check {entry.slug}")
