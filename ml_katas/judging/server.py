"""The resident server: a parent that stays, one for each user and environment, found by its socket.

The name of the socket holds a fingerprint of the interpreter, torch and this package, so that a server of
another state is never called. A lock makes commands that race to start one end with one.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

from .. import __file__ as package_file
from ..errors import BadEnvironment
from ..support.records import record
from .launch import (
    connect,
    environment,
    last_line,
    listen,
    start_parent,
    torch_file,
)

IDLE_MINUTES = 30.0
_CREDENTIALS = struct.Struct("3i")
_PATIENCE = 5.0
_NO_MODULES = ("katas", "templates", "__pycache__")


@record
class Running:
    """A server that answers."""

    pid: int
    socket: Path
    log: Path


class Resident:
    """A line to the resident server, which is started when it is not there."""

    forks = True

    def __init__(self, on_start: Callable[[], None] | None = None) -> None:
        self._on_start = on_start

    def dial(self) -> socket.socket:
        """Return a connection to the server of this environment."""
        global _called
        if _called is not None:
            connection, _called = _called, None
            return connection
        address = _address()
        with contextlib.suppress(OSError):
            return _own(connect(str(address)))
        with _locked(address.parent):
            with contextlib.suppress(OSError):
                return _own(connect(str(address)))
            _start(address)
        if self._on_start is not None:
            self._on_start()
        return _own(connect(str(address)))

    def why_silent(self) -> str:
        return last_line(_log(_address()))


_called: socket.socket | None = None


def call_ahead(announcement: bytes = b"") -> None:
    """Call the server, if it runs, before there is a request; its judge uses the time to get ready.

    The *announcement*, a request without a submission, says for which kata.
    """
    global _called
    if _called is None:
        with contextlib.suppress(OSError, BadEnvironment):
            connection = _own(connect(str(_address())))
            connection.sendall(announcement)
            _called = connection


def find() -> Running | None:
    """Return the server of this environment, if it runs."""
    address = _address()
    try:
        with _own(connect(str(address))) as connection:
            pid = _peer(connection)[0]
            return Running(pid, address, _log(address)) if _is_parent(pid) else None
    except OSError:
        return None


def log_file() -> Path:
    """Return where the server of this environment writes what goes wrong."""
    return _log(_address())


def start() -> Running:
    """Start the server of this environment if it does not run, and return it."""
    import time

    Resident().dial().close()
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        running = find()
        if running is not None:
            return running
        time.sleep(0.02)
    raise BadEnvironment("The server did not start.", "`mlkata doctor` shows where its log is.")


def stop() -> bool:
    """Stop the server of this environment; False where none ran."""
    running = find()
    if running is None:
        return False
    _end(running.pid)
    return True


def _start(address: Path) -> None:
    for old in address.parent.glob(f"{_slot()}-*.sock"):
        _end_behind(old)
    minutes = float(os.environ.get("MLKATA_IDLE_MINUTES", IDLE_MINUTES))
    with listen(str(address)) as listener, _log(address).open("wb") as log:
        start_parent(listener, log, idle_seconds=60 * minutes)


def _end_behind(address: Path) -> None:
    """End the server behind a socket of another state of this environment, and remove its traces."""
    with contextlib.suppress(OSError), connect(str(address)) as connection:
        pid = _peer(connection)[0]
        if _is_parent(pid):
            _end(pid)
    for leftover in (address, _log(address)):
        leftover.unlink(missing_ok=True)


def _is_parent(pid: int) -> bool:
    """Return whether this is a parent, and not the command that is just starting one."""
    with contextlib.suppress(OSError):
        return b"ml_katas.judging.processes.parent" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _end(pid: int) -> None:
    import signal
    import time

    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            os.kill(pid, 0)
            time.sleep(0.01)


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


# -------- where it lies


def _address() -> Path:
    return _folder() / f"{_slot()}-{_fingerprint()}.sock"


def _log(address: Path) -> Path:
    return address.with_suffix(".log")


def _folder() -> Path:
    """Return the private folder of sockets; refuse one that others could have made."""
    base = os.environ.get("XDG_RUNTIME_DIR") or os.environ.get("TMPDIR") or "/tmp"
    folder = Path(base, f"mlkata-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise BadEnvironment(
            f"{folder} is not a private folder of yours.", "Remove it, or use `mlkata check --cold`."
        )
    return folder


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    import fcntl

    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _slot() -> str:
    return _digest((sys.prefix, package_file))


def _fingerprint() -> str:
    """Return a digest of what a running server cannot change: Python, torch, this package, environment."""
    files = sorted(_sources(os.path.dirname(package_file)))
    torch = torch_file()
    if torch is not None:
        files.append(_seen(os.fspath(torch), os.stat(torch)))
    facts = [sys.version, sorted(environment().items()), files]
    return _digest(facts)


def _digest(facts: object) -> str:
    """Return eight hex digits; nobody gains by a collision, and hashlib takes long to import."""
    return f"{crc32(repr(facts).encode()):08x}"


def _sources(folder: str) -> Iterator[tuple[str, int, int]]:
    """Yield what is seen of every module below *folder*."""
    with os.scandir(folder) as children:
        for child in children:
            if child.name.endswith(".py"):
                yield _seen(child.path, child.stat())
            elif child.name not in _NO_MODULES and child.is_dir():
                yield from _sources(child.path)


def _seen(path: str, found: os.stat_result) -> tuple[str, int, int]:
    return path, found.st_mtime_ns, found.st_size
