"""The sandbox process: from a fresh fork to serving the judge, with nothing of its parent's left open."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import sys
from typing import Any

from .learner import serve

_PR_SET_PDEATHSIG = 1


def become_sandbox(rpc: int, output: int, limits: dict[str, Any]) -> int:
    """Turn this process into a sandbox that serves the judge on fd *rpc*; return its exit code."""
    sock = _settle_files(rpc, output)
    with contextlib.suppress(OSError):
        os.setsid()
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent()
    limit_resources(limits)
    serve(sock)
    return 0


def _settle_files(rpc: int, output: int) -> socket.socket:
    """Leave open 0 (nothing to read), 1 and 2 (the output pipe) and 3 (the judge)."""
    high = [os.dup2(fd, 200 + n, inheritable=False) for n, fd in enumerate((rpc, output))]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(high[1], 1)
    os.dup2(high[1], 2)
    os.dup2(high[0], 3, inheritable=False)
    os.closerange(4, 1 << 16)
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    return socket.socket(fileno=3)


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def limit_resources(limits: dict[str, Any]) -> None:
    """Bound processor time and memory, memory relative to what the process maps already."""
    import resource

    seconds = max(1, round(limits["cpu_seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    if sys.platform == "linux":
        mapped, data = _mapped_bytes()
        budget = limits["memory_mib"] << 20
        resource.setrlimit(resource.RLIMIT_DATA, (data + budget, data + budget))
        resource.setrlimit(resource.RLIMIT_AS, (mapped + 2 * budget, mapped + 2 * budget))


def _mapped_bytes() -> tuple[int, int]:
    with open("/proc/self/statm", encoding="ascii") as statm:
        pages = [int(field) for field in statm.read().split()]
    size = os.sysconf("SC_PAGE_SIZE")
    return pages[0] * size, pages[5] * size


def main() -> None:
    """Run as a process of its own, where forking is not safe: `sandbox RPC OUTPUT CPU_SECONDS MEMORY_MIB`."""
    rpc, output, seconds, mebibytes = (int(argument) for argument in sys.argv[1:5])
    os._exit(become_sandbox(rpc, output, {"cpu_seconds": seconds, "memory_mib": mebibytes}))


if __name__ == "__main__":
    main()
