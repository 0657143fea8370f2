"""Where a judge gets its sandboxes from: a parent that forks them, or a process spawned for each."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from ...support.files import reason
from .. import endings
from ..launch import START_SECONDS
from ..protocol import MAKE_ROOM, Refused
from .process import become_sandbox, shortage

KEEP_OUTPUT = 64 << 10
MOST_OUTPUT_MIB = 64
_PATIENCE = 3.0
_NO_PROCESS = "The system lets no process be started for the submission"
_RAISE_LIMIT = "Raise that limit, or check in a shell without it."

Refuse = Callable[[Refused], NoReturn]


class Process(Protocol):
    """A running sandbox, as something that can be ended."""

    def kill(self) -> None: ...

    def wait(self) -> int | None:
        """Return the exit code, negative for a signal; None if it cannot be known."""


class Output:
    """What a sandbox prints, read while the judge waits for it; kept up to 64 KiB a check."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._kept = bytearray()
        self._total = 0
        os.set_blocking(fd, False)

    def fileno(self) -> int:
        return self._fd

    @property
    def flooded(self) -> bool:
        return self._total > MOST_OUTPUT_MIB << 20

    def serve(self) -> bool:
        """Read what is there; return whether more may come. Raises Ending where it is too much."""
        more = self._read()
        if self.flooded:
            raise endings.flood(MOST_OUTPUT_MIB)
        return more

    def _read(self) -> bool:
        try:
            data = os.read(self._fd, 1 << 16)
        except BlockingIOError:
            return True
        self._total += len(data)
        self._kept += data[: KEEP_OUTPUT - len(self._kept)]
        return bool(data)

    def take(self) -> str:
        """Return what was printed since the last time."""
        while select.select([self._fd], [], [], 0)[0] and self._read():
            if len(self._kept) >= KEEP_OUTPUT:
                break
        text, self._kept = bytes(self._kept).decode("utf-8", "replace"), bytearray()
        return text

    def close(self) -> None:
        os.close(self._fd)


@dataclass
class Sandbox:
    """A running sandbox: where to talk to it, what it prints, how to end it."""

    sock: socket.socket
    output: Output
    process: Process

    def stop(self) -> int | None:
        """End the sandbox and return its exit code."""
        self.sock.close()
        self.process.kill()
        code = self.process.wait()
        self.output.close()
        return code


class Sandboxes(Protocol):
    """A source of sandboxes."""

    def start(self, limits: dict[str, Any]) -> Sandbox: ...


class Refusing:
    """Sandboxes of another source; where none can be had, that is no matter of the submission.

    *refuse* is called with the reason, and does not return.
    """

    def __init__(self, sandboxes: Sandboxes, refuse: Refuse) -> None:
        self._sandboxes = sandboxes
        self._refuse = refuse

    def start(self, limits: dict[str, Any]) -> Sandbox:
        lack = shortage(limits)
        if lack:
            self._refuse(Refused(f"{lack}.", _RAISE_LIMIT, for_good=True))
        try:
            sandbox = self._sandboxes.start(limits)
        except OSError as error:
            self._refuse(Refused(f"{_NO_PROCESS} ({reason(error)}).", MAKE_ROOM))
        sandbox.process = _Known(sandbox.process, self._refuse)
        return sandbox


class _Known:
    """A process whose end is known, or else the judgement is void."""

    def __init__(self, process: Process, refuse: Refuse) -> None:
        self._process = process
        self._refuse = refuse

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int:
        code = self._process.wait()
        if code is None:
            self._refuse(Refused("The server of the checker does not answer.", "Run the command again."))
        if code == endings.NOT_STARTED:
            self._refuse(Refused(f"{_NO_PROCESS}.", MAKE_ROOM))
        return code


class FromParent:
    """Sandboxes forked by the judge's own parent, which never held a kata."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def start(self, limits: dict[str, Any]) -> Sandbox:
        ours, theirs = socket.socketpair()
        status, their_status = socket.socketpair()
        reader, writer = os.pipe()
        fds = [theirs.fileno(), writer, their_status.fileno()]
        socket.send_fds(self._control, [json.dumps(limits).encode()], fds)
        theirs.close()
        their_status.close()
        os.close(writer)
        return Sandbox(ours, Output(reader), _Watched(status))


class Ahead:
    """Sandboxes of which the first is started before anyone asks, with the limits that most katas have."""

    def __init__(self, sandboxes: Sandboxes, limits: dict[str, Any]) -> None:
        self._sandboxes = sandboxes
        self._limits = limits
        self._first: Sandbox | None = sandboxes.start({**limits, "rehearse": True})

    def start(self, limits: dict[str, Any]) -> Sandbox:
        first, self._first = self._first, None
        if first is not None and limits == self._limits:
            return first
        if first is not None:
            first.stop()
        return self._sandboxes.start(limits)


class _Watched:
    """A sandbox that the parent watches: closing our side of the status socket has it killed."""

    def __init__(self, status: socket.socket) -> None:
        self._status = status

    def kill(self) -> None:
        try:
            self._status.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def wait(self) -> int | None:
        self._status.settimeout(_PATIENCE)
        try:
            answer = self._status.recv(4096)
        except OSError:
            return None
        return int(json.loads(answer)["code"]) if answer else endings.NOT_STARTED


class Spawned:
    """Sandboxes as processes of their own, where forking is not safe; each is ready when it is returned."""

    def start(self, limits: dict[str, Any]) -> Sandbox:
        ours, theirs = socket.socketpair()
        reader, writer = os.pipe()
        ready, readys_end = os.pipe()
        numbers = [theirs.fileno(), writer, readys_end, round(limits["cpu_seconds"]), limits["memory_mib"]]
        command = [sys.executable, "-P", "-m", "ml_katas.judging.sandbox.process", *map(str, numbers)]
        try:
            process = subprocess.Popen(command, pass_fds=numbers[:3], stdin=subprocess.DEVNULL)
        finally:
            theirs.close()
            os.close(writer)
            os.close(readys_end)
        with open(ready, "rb") as sign:
            is_ready = select.select([sign], [], [], START_SECONDS)[0] and sign.read(1)
        child = _Child(process.pid)
        if not is_ready:
            child.kill()
            raise ChildProcessError(f"a process that imports PyTorch ended with {child.wait()}")
        return Sandbox(ours, Output(reader), child)


class Forked:
    """Sandboxes forked from this very process, for code that the author wrote."""

    def start(self, limits: dict[str, Any]) -> Sandbox:
        ours, theirs = socket.socketpair()
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os._exit(become_sandbox(theirs.fileno(), writer, limits, None))
            finally:
                os._exit(1)
        theirs.close()
        os.close(writer)
        return Sandbox(ours, Output(reader), _Child(pid))


class _Child:
    """A child of this process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def kill(self) -> None:
        try:
            os.kill(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def wait(self) -> int | None:
        patience = time.monotonic() + _PATIENCE
        while time.monotonic() < patience:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.005)
        return None
