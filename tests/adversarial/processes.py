"""Who started whom: the processes below another one, as the system shows them."""

from __future__ import annotations

import os
import time
from pathlib import Path

GRACE = 20.0  # a hang has no end; a busy machine has one


def children_of(pid: int) -> list[int]:
    """Return the children of a process, those that ended and were not waited for too."""
    return [other for other in map(int, filter(str.isdigit, os.listdir("/proc"))) if parent_of(other) == pid]


def forks_of(pid: int) -> list[int]:
    """Return the children of a process without threads, the oldest first, whatever their numbers are."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def children_after_a_moment(of: int) -> list[int]:
    """Return the children that a process still has after a moment."""
    patience = time.monotonic() + GRACE
    while (found := children_of(of)) and time.monotonic() < patience:
        time.sleep(0.005)
    return found


def descendants_of(pid: int) -> list[int]:
    """Return the processes below another one."""
    return [each for child in children_of(pid) for each in (child, *descendants_of(child))]


def parent_of(pid: int) -> int:
    """Return the parent of a process, or 0 where it is gone."""
    try:
        stats = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return int(stats.rpartition(")")[2].split()[1])


def words_of(pid: int) -> list[str]:
    """Return the command line of a process; a fork has that of its parent."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    except OSError:
        return []
