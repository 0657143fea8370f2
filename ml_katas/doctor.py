"""What works on this machine, what does not, and the command that mends it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata

from . import __version__
from .errors import MlkataError
from .practice.state import AppState
from .practice.status import DONE
from .report import IsolationLevel
from .support.records import record

OLDEST_TORCH = (2, 6)
_GET_TORCH = "pip install torch --index-url https://download.pytorch.org/whl/cpu"


@record(kw_only=True)
class Finding:
    """One thing that was looked at; `mend` is a command or a step, `vital` means no kata can be judged."""

    name: str
    works: bool
    says: str
    mend: str = ""
    vital: bool = False


def examine(state: AppState, *, colour: str, encoding: str) -> tuple[Finding, ...]:
    """Return what was found; *colour* and *encoding* are the terminal's, which only the edge knows."""
    torch = _torch()
    return (
        _python(),
        torch,
        *([_isolation()] if torch.works else []),
        *_server(),
        Finding(name="colours", works=True, says=colour),
        _encoding(encoding),
        _workspace(state),
        *_sources(state),
        *_katas(state),
    )


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(name="python", works=True, says=f"{version}, with mlkata {__version__}")


def _torch() -> Finding:
    try:
        version = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return Finding(name="torch", works=False, says="is not installed here", mend=_GET_TORCH, vital=True)
    if _numbers(version) < OLDEST_TORCH:
        oldest = ".".join(map(str, OLDEST_TORCH))
        return Finding(
            name="torch",
            works=False,
            says=f"{version} is older than {oldest}",
            mend=f"{_GET_TORCH} --upgrade",
            vital=True,
        )
    return Finding(name="torch", works=True, says=version)


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split("+")[0].split(".")[:2]
    return tuple(int(part) if part.isdigit() else 0 for part in parts)


def _isolation() -> Finding:
    from .judging.client import isolation

    try:
        found = isolation()
    except MlkataError as error:
        return Finding(name="isolation", works=False, says=error.message, mend=error.next_step, vital=True)
    missing = f"; missing: {', '.join(found.missing)}" if found.missing else ""
    return Finding(
        name="isolation", works=found.level is IsolationLevel.STRONG, says=f"{found.level}{missing}"
    )


def _server() -> Iterator[Finding]:
    if sys.platform != "linux":
        yield Finding(name="server", works=True, says="none on this platform: every check starts cold")
        return
    from .judging import server

    try:
        running = server.find()
        log = server.log_file()
    except MlkataError as error:
        yield Finding(name="server", works=False, says=error.message, mend=error.next_step)
        return
    says = f"runs as process {running.pid}" if running else "does not run; the next check starts it"
    yield Finding(name="server", works=True, says=f"{says}; its log is {log}")


def _encoding(encoding: str) -> Finding:
    if encoding.lower().replace("-", "") == "utf8":
        return Finding(name="encoding", works=True, says="UTF-8")
    return Finding(
        name="encoding", works=False, says=f"{encoding}: signs are shown in ASCII", mend="export PYTHONUTF8=1"
    )


def _workspace(state: AppState) -> Finding:
    if not state.workspace:
        return Finding(name="workspace", works=True, says="none here; `mlkata start` makes this folder one")
    try:
        passed = sum(status in DONE for status in state.statuses().values())
    except MlkataError as error:
        return Finding(name="workspace", works=False, says=error.message, mend=error.next_step)
    if state.notices:
        return Finding(name="workspace", works=False, says=" ".join(state.notices))
    return Finding(name="workspace", works=True, says=f"{state.workspace.folder}, {passed} passed")


def _sources(state: AppState) -> Iterator[Finding]:
    if not state.catalog.sources:
        yield Finding(
            name="katas",
            works=False,
            says="no course was found",
            mend="pip install --force-reinstall ml_katas",
            vital=True,
        )
    for folder in state.catalog.sources:
        count = sum(entry.folder.parent == folder for entry in state.catalog.entries)
        yield Finding(name="katas", works=True, says=f"{folder}, {count} {'kata' if count == 1 else 'katas'}")
    for problem in state.catalog.problems:
        yield Finding(name="katas", works=False, says=problem.message, mend=problem.next_step)
    for hidden in state.catalog.hidden:
        yield Finding(name="katas", works=True, says=f"{hidden.folder} is hidden by {hidden.by}")


def _katas(state: AppState) -> Iterator[Finding]:
    for entry in state.catalog.entries:
        if entry.problem:
            yield Finding(
                name=entry.slug,
                works=False,
                says=entry.problem.message,
                mend=f"mlkata author check {entry.slug}",
            )
