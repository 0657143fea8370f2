"""The sandbox process: from a fresh fork to serving the judge, with nothing of its parent's left open."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import socket
import sys
import time
from typing import Any

from ..boundary.learner_side import serve
from ..boundary.rehearsal import rehearse
from .confinement import Confinement, die_with_parent, hide_memory

FENCE_FD = 4
_BEYOND_SETTLED = 8
_MOST_FILES = 32


def become_sandbox(rpc: int, output: int, limits: dict[str, Any], confinement: Confinement | None) -> int:
    """Turn this process into a sandbox that serves the judge on fd *rpc*; return its exit code.

    Without a confinement it is for code that the author wrote.
    """
    fence = confinement.fence_fd if confinement is not None else None
    sock = _settle_files([rpc, output, *([fence] if fence is not None else [])])
    with contextlib.suppress(OSError):
        os.setsid()
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent()
    if limits.get("rehearse"):
        rehearse(lambda: True)
    os.nice(5)
    limit_resources(limits)
    if confinement is not None:
        confinement.apply(FENCE_FD)
    return serve(sock)


def _settle_files(fds: list[int]) -> socket.socket:
    """Leave open 0 (nothing to read), 1 and 2 (the output pipe), 3 (the judge) and 4 (the fence)."""
    rpc, output, *fence = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _BEYOND_SETTLED) for fd in fds]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(rpc, 3, inheritable=False)
    for fd in fence:
        os.dup2(fd, FENCE_FD, inheritable=False)
    os.closerange(FENCE_FD + len(fence), 1 << 16)
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    return socket.socket(fileno=3)


def limit_resources(limits: dict[str, Any]) -> None:
    """Bound processor time and memory, relative to what the process has used already.

    Where this shell allows less than that, what it allows is taken.
    """
    seconds = max(1, round(limits["cpu_seconds"] + time.process_time()))
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, seconds, seconds + 1)  # a signal first, which says which limit it was
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _MOST_FILES)
    if sys.platform == "linux":
        mapped, data = _mapped_bytes()
        budget = limits["memory_mib"] << 20
        _lower(resource.RLIMIT_DATA, data + budget)
        _lower(resource.RLIMIT_AS, mapped + 2 * budget)  # allocators reserve more than they fill


def _lower(kind: int, soft: int, hard: int | None = None) -> None:
    allowed = resource.getrlimit(kind)[1]
    wanted = (soft, soft if hard is None else hard)
    least = wanted if allowed == resource.RLIM_INFINITY else tuple(min(n, allowed) for n in wanted)
    resource.setrlimit(kind, (least[0], least[1]))


def shortage(limits: dict[str, Any]) -> str:
    """Return what this shell's own limits leave too little of for a sandbox, in words; mostly nothing."""
    if sys.platform != "linux":
        return ""
    mapped, data = _mapped_bytes()
    budget = limits["memory_mib"] << 20
    for kind, flag, used, needed, unit, size in (
        (resource.RLIMIT_AS, "v", mapped, budget, "MiB of memory", 1 << 20),
        (resource.RLIMIT_DATA, "d", data, budget, "MiB of memory", 1 << 20),
        (resource.RLIMIT_CPU, "t", 0, round(limits["cpu_seconds"]), "seconds of processor time", 1),
    ):
        allowed = resource.getrlimit(kind)[1]
        if allowed != resource.RLIM_INFINITY and allowed - used < needed:
            left = max(0, allowed - used) // size
            return f"A submission may use {needed // size} {unit}; `ulimit -{flag}` leaves {left} here"
    return ""


def _mapped_bytes() -> tuple[int, int]:
    with open("/proc/self/statm", encoding="ascii") as statm:
        pages = [int(field) for field in statm.read().split()]
    size = os.sysconf("SC_PAGE_SIZE")
    return pages[0] * size, pages[5] * size


def main() -> None:
    """Run as a process of its own, where forking is not safe: `… RPC OUTPUT READY CPU_SECONDS MEMORY_MIB`."""
    rpc, output, ready, seconds, mebibytes = (int(argument) for argument in sys.argv[1:6])
    limits = {"cpu_seconds": seconds, "memory_mib": mebibytes}
    hide_memory()
    rehearse(
        lambda: True
    )  # as a fork of a parent has done: libraries read what they need before they no longer may
    confinement = Confinement.build()
    os.write(ready, b"!")
    os._exit(become_sandbox(rpc, output, limits, confinement))


if __name__ == "__main__":
    main()
