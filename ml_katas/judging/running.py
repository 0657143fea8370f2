"""The servers of this user that run, found by looking at the processes, and how one is ended."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

from ..support.records import record
from .launch import PARENT
from .places import identity, installation, log_of

_POLITE_SECONDS = 2.0


@record
class Server:
    """A running server: its process, and the socket that it was given."""

    pid: int
    socket: Path
    socket_identity: str

    @property
    def is_lost(self) -> bool:
        """Return whether nobody can call it any more: its socket is gone, or is another's by now."""
        return identity(self.socket) != self.socket_identity


def servers() -> tuple[Server, ...]:
    """Return the servers of this installation and user, those that are still starting too."""
    found = {pid: server for pid, server in _with_such_a_command() if _owner_of(pid) == os.getuid()}
    return tuple(server for pid, server in found.items() if _parent_of(pid) not in found)


def servers_of(folder: Path | None) -> tuple[Server, ...]:
    """Return those servers that were started for *folder*, or that nobody can call any more."""
    return tuple(server for server in servers() if server.socket.parent == folder or server.is_lost)


def end(server: Server) -> None:
    """End a server, at first by asking for it, and remove its traces."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(server.pid)
        try:
            if _server(server.pid) == server:  # and not another process of that number
                _end(handle)
        finally:
            os.close(handle)
    if not server.is_lost:
        for path in (server.socket, log_of(server.socket)):
            path.unlink(missing_ok=True)


def _end(handle: int) -> None:
    for number, seconds in ((signal.SIGTERM, _POLITE_SECONDS), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, number)
        if select.select([handle], [], [], seconds)[0]:
            return


def _with_such_a_command() -> Iterator[tuple[int, Server]]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            server = _server(int(name))
            if server is not None:
                yield server.pid, server


def _server(pid: int) -> Server | None:
    """Return the server that process *pid* is by its command line; a fork of one seems to be one too."""
    words = _read(pid, "cmdline").split("\0")
    if PARENT not in words:
        return None
    *_, socket, socket_identity = words[words.index(PARENT) + 1 :][:5]
    if not os.path.basename(socket).startswith(installation()):
        return None
    return Server(pid, Path(socket), socket_identity)


def _owner_of(pid: int) -> int:
    return int(_status(pid, "Uid") or -1)


def _parent_of(pid: int) -> int:
    return int(_status(pid, "PPid") or 0)


def _status(pid: int, field: str) -> str:
    """Return the first word of a field of a process's status; empty where the process is gone."""
    lines = _read(pid, "status").splitlines()
    values = [line.partition(":")[2].split() for line in lines if line.startswith(f"{field}:")]
    return values[0][0] if values else ""


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
