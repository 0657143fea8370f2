"""The resident server: a parent that stays, one for each user and environment, found by its socket."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from ..errors import BadEnvironment, UsageError
from ..support.records import record
from .launch import FORK_GRACE_SECONDS, PARENT, START_SECONDS, connect, last_line, listen, start_parent
from .places import address, identity, locked, log_of, runtime_folder, slot

IDLE_MINUTES = 30.0
_CREDENTIALS = struct.Struct("3i")
_SIGN_SECONDS = 6.0  # a server that is ready forks a judge within milliseconds


@record
class Running:
    """A server that answers."""

    pid: int
    socket: Path
    log: Path


class Resident:
    """A line to the resident server, which is started when it is not there."""

    forks = True
    grace_seconds = FORK_GRACE_SECONDS

    def __init__(self, on_start: Callable[[], None] | None = None) -> None:
        self._on_start = on_start

    def dial(self) -> socket.socket:
        """Return a connection to the server of this environment, or raise OSError where none can be had."""
        global _called
        if _called is not None:
            connection, _called = _called, None
            return connection
        path = address()
        with contextlib.suppress(OSError):
            return _own(connect(str(path)))
        with locked(path.parent):
            with contextlib.suppress(OSError):
                return _own(connect(str(path)))
            _start(path)
        if self._on_start is not None:
            self._on_start()
        return _own(connect(str(path)))

    def sign_seconds(self, connection: socket.socket) -> float:
        """Return how long the first sign may take: longer of a server that is still loading PyTorch."""
        return _SIGN_SECONDS if _is_parent(_peer(connection)[0]) else START_SECONDS

    def why_silent(self) -> str:
        with contextlib.suppress(OSError):
            return last_line(log_of(address()))
        return ""


_called: socket.socket | None = None


def call_ahead(announcement: bytes = b"") -> None:
    """Call the server, if it runs, before there is a request; its judge uses the time to get ready.

    The *announcement*, a request without a submission, says for which kata.
    """
    global _called
    if _called is None:
        with contextlib.suppress(OSError, BadEnvironment):
            connection = _own(connect(str(address())))
            connection.sendall(announcement)
            _called = connection


def find() -> Running | None:
    """Return the server of this environment, if it runs and is ready."""
    with contextlib.suppress(OSError):
        path = address()
        with _own(connect(str(path))) as connection:
            pid = _peer(connection)[0]
            return Running(pid, path, log_of(path)) if _is_parent(pid) else None
    return None


def others() -> tuple[int, ...]:
    """Return the processes of servers that are of no use here: still starting, of another state, or lost."""
    from .running import servers_of

    running = find()
    found = [server.pid for server in servers_of(_folder_if_any())]
    return tuple(pid for pid in found if running is None or pid != running.pid)


def log_file() -> Path:
    """Return where the server of this environment writes what goes wrong."""
    return log_of(address())


def start() -> Running:
    """Start the server of this environment if it does not run, and return it."""
    import time

    line = Resident()
    until = time.monotonic() + START_SECONDS
    with contextlib.suppress(OSError), line.dial() as connection:
        while time.monotonic() < until and not _has_hung_up(connection):
            running = find()
            if running is not None:
                return running
            time.sleep(0.25)
    why = line.why_silent()
    raise BadEnvironment(
        f"The server did not start{f' ({why})' if why else ''}.", "`mlkata doctor` says more."
    )


def stop() -> bool:
    """Stop the server of this environment and those that nobody can call; return whether one ran."""
    from .running import end, servers_of

    found = servers_of(_folder_if_any())
    for server in found:
        end(server)
    return bool(found)


def _folder_if_any() -> Path | None:
    with contextlib.suppress(OSError):
        return runtime_folder()
    return None


def _start(path: Path) -> None:
    """Start the server behind the socket at *path*; those of another state are ended first."""
    minutes = idle_minutes()
    _clear(path.parent)
    with listen(str(path)) as listener:
        try:
            with log_of(path).open("wb") as log:
                start_parent(log, listener=listener, address=(str(path), identity(path)), idle=60 * minutes)
        except OSError:
            path.unlink(missing_ok=True)
            raise


def idle_minutes() -> float:
    """Return how long a server stays that nobody calls."""
    text = os.environ.get("MLKATA_IDLE_MINUTES", "")
    try:
        minutes = float(text or IDLE_MINUTES)
    except ValueError:
        minutes = -1.0
    if not 0 < minutes < 1e6:
        raise UsageError(f"MLKATA_IDLE_MINUTES is {text!r}.", "It is a number of minutes, such as 30.")
    return minutes


def _clear(folder: Path) -> None:
    """End the servers of another state of this environment, and remove what any server left behind."""
    from .running import end, servers_of

    mine = slot()
    for server in servers_of(folder):
        if server.socket.parent == folder and server.socket.name.startswith(mine) and not server.is_lost:
            end(server)
    for path in folder.glob("*.sock"):
        with contextlib.suppress(OSError):
            if not _answers(path):
                path.unlink()
    for log in folder.glob("*.log"):
        if not log.with_suffix(".sock").exists():
            log.unlink(missing_ok=True)


def _answers(path: Path) -> bool:
    try:
        connect(str(path)).close()
    except ConnectionRefusedError:
        return False
    return True


def _has_hung_up(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _is_parent(pid: int) -> bool:
    """Return whether this is a parent that is ready, and not the command that is just starting one."""
    with contextlib.suppress(OSError):
        return PARENT.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _own(connection: socket.socket) -> socket.socket:
    """Return *connection* if a process of this user is behind it."""
    if _peer(connection)[1] != os.getuid():
        connection.close()
        raise BadEnvironment(
            "Another user's process answers in place of the checker.", "`mlkata check --cold` avoids it."
        )
    return connection


def _peer(connection: socket.socket) -> tuple[int, int]:
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(data)
    return pid, uid
