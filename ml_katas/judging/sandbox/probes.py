"""Probes of the confinement: a child under it tries what it must not do, and the level follows from that."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from ...report import Isolation, IsolationLevel
from .confinement import Confinement, die_with_parent, hide_memory

_SECONDS = 5


def probe(confinement: Confinement) -> Isolation:
    """Return the level that *confinement* reaches on this machine, found by trying."""
    with contextlib.ExitStack() as stack:
        canary = _canary(stack)
        if canary is None:
            return Isolation(IsolationLevel.UNKNOWN)
        refused = _try_in_child(confinement, canary, os.getpid())
    missing = tuple(name for name in PROBES if name not in refused)
    return Isolation(_level(missing), missing)


def _canary(stack: contextlib.ExitStack) -> Path | None:
    """Return a file that is there until *stack* closes, also where a disk is full; None where none can be."""
    for place in (None, "/dev/shm"):
        with contextlib.suppress(OSError):
            folder = tempfile.TemporaryDirectory(prefix="mlkata-probe-", dir=place)
            canary = Path(stack.enter_context(folder), "canary")
            canary.write_text("canary")
            return canary
    return None


def _level(missing: tuple[str, ...]) -> IsolationLevel:
    if not missing:
        return IsolationLevel.STRONG
    is_open = not {"read", "write", "network"}.isdisjoint(missing)
    return IsolationLevel.LIMITS_ONLY if is_open else IsolationLevel.MEDIUM


def _try_in_child(confinement: Confinement, canary: Path, parent: int) -> set[str]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(_SECONDS)  # an attempt may hang; without an answer nothing counts as refused
            die_with_parent()
            confinement.apply(-1 if confinement.fence_fd is None else confinement.fence_fd)
            refused = [name for name, attempt in PROBES.items() if _is_refused(attempt, canary, parent)]
            os.write(writer, json.dumps(refused).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, encoding="ascii") as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return set(json.loads(text)) if text else set()


def _is_refused(attempt: Callable[[Path, int], object], canary: Path, parent: int) -> bool:
    try:
        attempt(canary, parent)
    except OSError:
        return True
    return False


def _read(canary: Path, parent: int) -> None:
    canary.read_text()


def _write(canary: Path, parent: int) -> None:
    canary.with_name("new").write_text("x")


def _connect(canary: Path, parent: int) -> None:
    socket.socket(socket.AF_UNIX).close()
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()


def _fork(canary: Path, parent: int) -> None:
    if os.fork() == 0:
        os._exit(0)


def _signal(canary: Path, parent: int) -> None:
    os.kill(parent, 0)


def _change_mode(canary: Path, parent: int) -> None:
    os.chmod(canary, 0o600)


def _look_into(canary: Path, parent: int) -> None:
    with open(f"/proc/{parent}/mem", "rb"):
        pass


PROBES: dict[str, Callable[[Path, int], object]] = {
    "read": _read,
    "write": _write,
    "metadata": _change_mode,
    "network": _connect,
    "processes": _fork,
    "signals": _signal,
    "memory of others": _look_into,
}


def main() -> None:
    """Print the level of this machine as JSON; for `mlkata doctor`, which does not start the engine."""
    hide_memory()
    found = probe(Confinement.build())
    json.dump({"level": found.level, "missing": found.missing}, sys.stdout)


if __name__ == "__main__":
    main()
