"""The client of the engine: sends requests and assembles reports from what comes back."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator

from ..course.kata import Kata
from ..errors import BadEnvironment
from ..report import (
    CheckResult,
    Diagnosis,
    Isolation,
    Report,
    Status,
    from_plain,
)
from ..support.records import replace
from .cancel import Cancel
from .launch import (
    Line,
    OneCommand,
    Spawning,
    environment,
    python,
    torch_file,
)
from .protocol import (
    Checked,
    Diagnosed,
    Ended,
    Event,
    Judge,
    OnEvent,
    Request,
    Started,
    announcement,
    batch,
    events,
    framed,
)
from .seeds import new_run_seed

_START_SECONDS = 60.0


@contextlib.contextmanager
def judging(*, cold: bool = False, on_start: Callable[[], None] | None = None) -> Iterator[Judge]:
    """Yield a judge that calls the resident server; *cold*: one for this block only.

    *on_start* is called when a server had to be started. Raises BadEnvironment where nothing can be judged.
    """
    require_platform()
    with _line(cold or os.environ.get("MLKATA_COLD") == "1", on_start) as line:
        yield Caller(line)


@contextlib.contextmanager
def judging_many(judge: Judge, kata: Kata) -> Iterator[Judge]:
    """Yield a judge for many submissions for one kata, whose suite is collected once for all of them."""
    if not isinstance(judge, Caller) or not judge.line.forks:
        yield judge
        return
    with judge.line.dial() as connection:
        connection.sendall(framed(batch(kata)))
        yield Caller(_Batch(connection, judge.line))


class _Batch:
    """A line to a judge that forks for each connection that it is handed."""

    forks = True

    def __init__(self, connection: socket.socket, line: Line) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self.why_silent = line.why_silent

    def dial(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            socket.send_fds(self._connection, [b"."], [theirs.fileno()])
        return ours


def call_ahead(kata: Kata) -> None:
    """Have the resident server, if it runs and is not avoided, get a judge ready for *kata*."""
    if sys.platform == "linux" and os.environ.get("MLKATA_COLD") != "1":
        from . import server

        server.call_ahead(framed(announcement(kata)))


def require_platform() -> None:
    """Raise BadEnvironment, with the way out, where this machine cannot judge."""
    _require_unix()
    _require_torch()


def _require_torch() -> None:
    if torch_file() is None:
        raise BadEnvironment(
            "PyTorch is not installed in this Python, so nothing can be checked.",
            "`pip install torch` installs it (with CUDA on Linux; the README names lighter ways).",
        )


def _require_unix() -> None:
    if os.name != "posix" or not hasattr(socket, "AF_UNIX"):
        raise BadEnvironment(
            "Checking needs a Unix system.", "On Windows, install ml_katas inside WSL2 and check there."
        )


@contextlib.contextmanager
def _line(cold: bool, on_start: Callable[[], None] | None) -> Iterator[Line]:
    if sys.platform != "linux" or os.environ.get("MLKATA_START") == "spawn":
        yield Spawning()
    elif cold:
        with OneCommand() as line:
            yield line
    else:
        from .server import Resident  # it needs what only Unix has

        yield Resident(on_start)


class Caller:
    """Judges by calling whoever is at the other end of a line."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def __call__(
        self, request: Request, *, on_event: OnEvent | None = None, cancel: Cancel | None = None
    ) -> Report:
        cancel = cancel or Cancel()
        request = replace(request, seed=request.seed or new_run_seed())
        patience = _START_SECONDS + 2 * request.limits.total_seconds
        for attempt in (1, 2):  # a server may go just when it is called
            draft = Draft(request.slug, request.seed)
            with contextlib.suppress(OSError), self.line.dial() as connection:
                cancel.watch(connection)
                connection.sendall(framed(request))
                for event in events(connection, patience):
                    draft.take(event)
                    if on_event is not None:
                        on_event(event)
            cancel.check()
            if draft.begun or attempt == 2:
                break
        return draft.report(self.line.why_silent)


def isolation() -> Isolation:
    """Return the isolation that this machine offers, found by trying; no torch is needed for that."""
    if os.name != "posix":
        return Isolation("limits-only")
    import subprocess

    command = python("ml_katas.judging.sandbox.probes")
    answer = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    return from_plain(Isolation, json.loads(answer.stdout)) if answer.stdout else Isolation("limits-only")


class Draft:
    """A report in the making."""

    def __init__(self, slug: str, seed: str) -> None:
        self._slug, self._seed = slug, seed
        self._checks: list[CheckResult] = []
        self.begun = False
        self._end: Ended | None = None
        self._diagnosis: Diagnosis | None = None
        self._isolation = Isolation("limits-only")

    def take(self, event: Event) -> None:
        """Take over what one event says."""
        self.begun = True
        match event:
            case Started(isolation=isolation):
                self._isolation = isolation
            case Checked(check):
                self._checks.append(check)
            case Ended():
                self._end = event
            case Diagnosed(diagnosis):
                self._diagnosis = diagnosis

    def report(self, why_silent: Callable[[], str]) -> Report:
        """Return the whole report; one that never ended is `broken`."""
        end = self._end or _unfinished(why_silent())
        return Report(
            kata=self._slug,
            status=end.status,
            seed=self._seed,
            ms=end.ms,
            isolation=self._isolation,
            checks=tuple(self._checks),
            message=end.message,
            at=end.at,
            output=end.output,
            diagnosis=self._diagnosis,
        )


def _unfinished(reason: str) -> Ended:
    says = "The checker stopped before it had a verdict" + (f" ({reason})." if reason else ".")
    return Ended(status=Status.BROKEN, message=says)
