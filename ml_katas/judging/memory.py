"""A bound for the memory of a judge, which holds what a submission sends and computes with it."""

from __future__ import annotations

import os
import sys

OWN_MIB = 256  # for a frame on its way, and the suite's own values


def bound_memory(mebibytes: int) -> None:
    """Let this process use so much more memory than it does; what it starts may have its own bound."""
    if sys.platform != "linux":
        return
    import resource

    with open("/proc/self/statm", encoding="ascii") as statm:
        pages = [int(field) for field in statm.read().split()]
    size, budget = os.sysconf("SC_PAGE_SIZE"), (mebibytes + OWN_MIB) << 20
    _lower(resource.RLIMIT_DATA, pages[5] * size + budget)
    _lower(resource.RLIMIT_AS, pages[0] * size + 2 * budget)


def _lower(kind: int, most: int) -> None:
    import resource

    soft, hard = resource.getrlimit(kind)
    allowed = [limit for limit in (soft, hard, most) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(kind, (min(allowed), hard))
