"""The client of the engine: sends requests and assembles reports from what comes back."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ..errors import BadEnvironment
from ..kata import Kata
from ..report import CheckResult, Diagnosis, Frame, Isolation, Report, Status, from_plain
from .launching import Line, OneCommand, Spawning, environment, python, torch_file
from .seeds import new_run_seed

LENGTH = struct.Struct("<I")
OnEvent = Callable[[dict[str, Any]], None]
_START_SECONDS = 60.0


class Judge(Protocol):
    """Judges one submission; the one seam at which tests may put a fake."""

    def __call__(
        self,
        kata: Kata,
        source: bytes,
        *,
        file_name: str,
        seed: str = "",
        diagnose: bool = True,
        on_event: OnEvent | None = None,
        cancel: Cancel | None = None,
        **more: Any,
    ) -> Report:
        """Return the report.

        *more*: `only`, the one check to run; `order` seeds an order of the checks; `stop`: at the first check
        that does not pass; `limits` in place of the kata's; `record`: tell the calls as an event.
        """


class Cancelled(Exception):
    """Whoever asked for a judgement wants it no longer."""


class Cancel:
    """A way to end a judgement that is under way in another thread."""

    def __init__(self) -> None:
        self.asked = False
        self._connection: socket.socket | None = None

    def __call__(self) -> None:
        """End the judgement now; judge and sandbox are gone at once."""
        self.asked = True
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def watch(self, connection: socket.socket) -> None:
        """Take note of the connection that the judgement runs over, or raise Cancelled."""
        self._connection = connection
        self.check()

    def check(self) -> None:
        """Raise Cancelled if it was asked for."""
        if self.asked:
            raise Cancelled


_ambient: Judge | None = None


@contextlib.contextmanager
def judging(*, cold: bool = False, on_start: Callable[[], None] | None = None) -> Iterator[Judge]:
    """Yield a judge: that of the batch under way, or the resident server's; *cold*: one for this block only.

    *on_start* is called when a server had to be started. Raises BadEnvironment where nothing can be judged.
    """
    global _ambient
    if _ambient is not None:
        yield _ambient
        return
    require_platform()
    with _line(cold or os.environ.get("MLKATA_COLD") == "1", on_start) as line:
        _ambient = Caller(line)
        try:
            yield _ambient
        finally:
            _ambient = None


@contextlib.contextmanager
def batch(judge: Judge, kata: Kata) -> Iterator[Judge]:
    """Yield a judge for many submissions for one kata, whose suite is collected once for all of them."""
    if not isinstance(judge, Caller) or not judge.line.forks:
        yield judge
        return
    with judge.line.dial() as connection:
        data = _request(kata, b"", batch=True)
        connection.sendall(LENGTH.pack(len(data)) + data)
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

        data = _request(kata, b"", announced=True)
        server.call_ahead(LENGTH.pack(len(data)) + data)


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
        self,
        kata: Kata,
        source: bytes,
        *,
        file_name: str,
        seed: str = "",
        diagnose: bool = True,
        on_event: OnEvent | None = None,
        cancel: Cancel | None = None,
        **more: Any,
    ) -> Report:
        cancel = cancel or Cancel()
        seed = seed or new_run_seed()
        data = _request(kata, source, file_name=file_name, seed=seed, diagnose=diagnose, **more)
        patience = _START_SECONDS + 2 * kata.facts.limits.total_seconds
        for attempt in (1, 2):  # a server may go just when it is called
            draft = Draft(kata.slug, seed)
            with contextlib.suppress(OSError), self.line.dial() as connection:
                cancel.watch(connection)
                connection.sendall(LENGTH.pack(len(data)) + data)
                for event in events(connection, patience):
                    draft.take(event)
                    if on_event is not None:
                        on_event(event)
            cancel.check()
            if draft.begun or attempt == 2:
                break
        return draft.report(self.line.why_silent)


def _request(kata: Kata, source: bytes, **facts: Any) -> bytes:
    request = {
        "kata": str(kata.folder.resolve()),
        "source": base64.b64encode(source).decode(),
        "entry_points": kata.facts.entry_points,
        "avoid": kata.facts.avoid,
        "limits": vars(kata.facts.limits),
        **facts,
    }
    return json.dumps(request).encode()


def isolation() -> Isolation:
    """Return the isolation that this machine offers, found by trying; no torch is needed for that."""
    if os.name != "posix":
        return Isolation("limits-only")
    import subprocess

    command = python("ml_katas.judging.probing")
    answer = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    return from_plain(Isolation, json.loads(answer.stdout)) if answer.stdout else Isolation("limits-only")


def events(connection: socket.socket, patience: float) -> Iterator[dict[str, Any]]:
    """Yield the judge's events as they come, for at most *patience* seconds."""
    deadline, buffer = time.monotonic() + patience, b""
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(left)
        data = connection.recv(1 << 16)
        if not data:
            return
        *lines, buffer = (buffer + data).split(b"\n")
        for line in lines:
            event: dict[str, Any] = json.loads(line)
            if event["event"] == "end":
                return
            yield event


class Draft:
    """A report in the making."""

    def __init__(self, slug: str, seed: str) -> None:
        self._slug, self._seed = slug, seed
        self._checks: list[CheckResult] = []
        self.begun = False
        self._end: dict[str, Any] | None = None
        self._diagnosis: Diagnosis | None = None
        self._isolation = Isolation("limits-only")

    def take(self, event: dict[str, Any]) -> None:
        """Take over what one event says."""
        self.begun = True
        match event:
            case {"event": "started", "isolation": isolation}:
                self._isolation = from_plain(Isolation, isolation)
            case {"event": "check", "check": check}:
                self._checks.append(from_plain(CheckResult, check))
            case {"event": "report"}:
                self._end = event
            case {"event": "diagnosis", "diagnosis": diagnosis}:
                self._diagnosis = from_plain(Diagnosis, diagnosis)

    def report(self, why_silent: Callable[[], str]) -> Report:
        """Return the whole report; one that never ended is `broken`."""
        end = self._end
        if end is None:
            reason = why_silent()
            message = "The checker stopped before it had a verdict" + (f" ({reason})." if reason else ".")
            return self._made(Status.BROKEN, message, {})
        return self._made(Status(end["status"]), end["message"], end)

    def _made(self, status: Status, message: str, end: dict[str, Any]) -> Report:
        return Report(
            kata=self._slug,
            status=status,
            seed=self._seed,
            ms=end.get("ms", 0.0),
            isolation=self._isolation,
            checks=tuple(self._checks),
            message=message,
            at=from_plain(Frame, end.get("at")),
            output=end.get("output", ""),
            diagnosis=self._diagnosis,
        )
