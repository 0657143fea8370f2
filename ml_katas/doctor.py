"""What works on this machine, what does not, and the command that fixes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata

from . import __version__
from .errors import MlkataError
from .practice.state import AppState
from .practice.status import DONE
from .report import Isolation, IsolationLevel, Status
from .support.files import reason
from .support.records import record

OLDEST_TORCH = (2, 6)
_GET_TORCH = "pip install torch --index-url https://download.pytorch.org/whl/cpu"


@record(kw_only=True)
class HealthCheck:
    """One thing that was looked at; `fix`: a command or a step, `is_needed`: without it no kata is judged."""

    name: str
    works: bool
    says: str
    fix: str = ""
    is_needed: bool = False


def examine(state: AppState, *, colour: str, encoding: str) -> tuple[HealthCheck, ...]:
    """Return what was found; *colour* and *encoding* are the terminal's, which only the edge knows."""
    torch = _torch()
    return (
        _python(),
        torch,
        *(_judging() if torch.works else []),
        *_server(),
        HealthCheck(name="colours", works=True, says=colour),
        _encoding(encoding),
        _workspace(state),
        *_sources(state),
        *_katas(state),
    )


def _python() -> HealthCheck:
    version = ".".join(map(str, sys.version_info[:3]))
    return HealthCheck(name="python", works=True, says=f"{version}, with mlkata {__version__}")


def _torch() -> HealthCheck:
    try:
        version = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return HealthCheck(
            name="torch", works=False, says="is not installed here", fix=_GET_TORCH, is_needed=True
        )
    if _numbers(version) < OLDEST_TORCH:
        oldest = ".".join(map(str, OLDEST_TORCH))
        return HealthCheck(
            name="torch",
            works=False,
            says=f"{version} is older than {oldest}",
            fix=f"{_GET_TORCH} --upgrade",
            is_needed=True,
        )
    return HealthCheck(name="torch", works=True, says=version)


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split("+")[0].split(".")[:2]
    return tuple(int(part) if part.isdigit() else 0 for part in parts)


def _judging() -> Iterator[HealthCheck]:
    """Yield what comes of a small check, which needs all that any check needs, and how it was confined."""
    from .judging.client import STARTED, isolation, trial

    notes: list[str] = []
    try:
        report = trial(notes.append)
    except MlkataError as error:
        yield HealthCheck(name="check", works=False, says=error.message, fix=error.next_step, is_needed=True)
        yield _isolation(isolation())
        return
    passed = report.status is Status.PASSED
    failed = report.message or ", ".join(sorted(report.failed_checks))
    says = f"a small kata was judged in {report.ms:.0f} ms" if passed else f"{report.status}: {failed}"
    others = [note for note in notes if note != STARTED]
    yield HealthCheck(
        name="check", works=passed and not others, says=". ".join([says, *others]), is_needed=not passed
    )
    yield _isolation(report.isolation)


def _isolation(found: Isolation) -> HealthCheck:
    missing = f"; missing: {', '.join(found.missing)}" if found.missing else ""
    return HealthCheck(
        name="isolation", works=found.level is IsolationLevel.STRONG, says=f"{found.level}{missing}"
    )


def _server() -> Iterator[HealthCheck]:
    if sys.platform != "linux":
        yield HealthCheck(name="server", works=True, says="none on this platform: every check starts cold")
        return
    from .judging import server

    try:
        running, others = server.find(), server.others()
        log = server.log_file()
    except MlkataError as error:
        yield HealthCheck(name="server", works=False, says=error.message, fix=error.next_step)
        return
    except OSError as error:
        says = f"no folder for its socket ({reason(error)}): every check starts cold"
        yield HealthCheck(
            name="server", works=False, says=says, fix="Make XDG_RUNTIME_DIR a folder of yours."
        )
        return
    says = f"runs as process {running.pid}" if running else "does not run; the next check starts it"
    yield HealthCheck(name="server", works=True, says=f"{says}; its log is {log}")
    if others:
        says = f"of no use any more: process {', '.join(map(str, others))}"
        yield HealthCheck(name="server", works=False, says=says, fix="mlkata server stop")


def _encoding(encoding: str) -> HealthCheck:
    if encoding.lower().replace("-", "") == "utf8":
        return HealthCheck(name="encoding", works=True, says="UTF-8")
    return HealthCheck(
        name="encoding", works=False, says=f"{encoding}: signs are shown in ASCII", fix="export PYTHONUTF8=1"
    )


def _workspace(state: AppState) -> HealthCheck:
    if not state.workspace:
        return HealthCheck(
            name="workspace", works=True, says="none here; `mlkata start` makes this folder one"
        )
    try:
        passed = sum(status in DONE for status in state.statuses().values())
        state.workspace.try_to_write()
    except MlkataError as error:
        return HealthCheck(name="workspace", works=False, says=error.message, fix=error.next_step)
    if state.notices:
        return HealthCheck(name="workspace", works=False, says=" ".join(state.notices))
    return HealthCheck(name="workspace", works=True, says=f"{state.workspace.folder}, {passed} passed")


def _sources(state: AppState) -> Iterator[HealthCheck]:
    if not state.catalog.sources:
        yield HealthCheck(
            name="katas",
            works=False,
            says="no course was found",
            fix="pip install --force-reinstall ml_katas",
            is_needed=True,
        )
    for folder in state.catalog.sources:
        count = sum(entry.folder.parent == folder for entry in state.catalog.entries)
        yield HealthCheck(
            name="katas", works=True, says=f"{folder}, {count} {'kata' if count == 1 else 'katas'}"
        )
    for problem in state.catalog.problems:
        yield HealthCheck(name="katas", works=False, says=problem.message, fix=problem.next_step)
    for hidden in state.catalog.hidden:
        yield HealthCheck(name="katas", works=True, says=f"{hidden.folder} is hidden by {hidden.by}")


def _katas(state: AppState) -> Iterator[HealthCheck]:
    for entry in state.catalog.entries:
        if entry.problem:
            yield HealthCheck(
                name=entry.slug,
                works=False,
                says=entry.problem.message,
                fix=f"mlkata author check {entry.slug}",
            )
