"""System calls that Python has no function for, by number, on Linux."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform == "linux":
    _libc = ctypes.CDLL(None, use_errno=True)
    _libc.syscall.restype = ctypes.c_long
    _libc.prctl.restype = ctypes.c_int

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38

_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION = 0x20080522


def system_call(number: int, *arguments: object) -> int:
    """Make a system call, or raise OSError."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *words))


def prctl(option: int, value: int) -> int:
    """Change a property of this process, or raise OSError."""
    return _checked(_libc.prctl(option, *(ctypes.c_ulong(n) for n in (value, 0, 0, 0))))


def advise_memory(start: int, size: int, advice: int) -> None:
    """Advise Linux about a piece of this process's memory; it may not be able to follow."""
    _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), advice)


def mount(source: str, target: str, kind: str, flags: int) -> None:
    """Mount *source* at *target*, or raise OSError."""
    names = (ctypes.c_char_p(os.fsencode(name)) for name in (source, target, kind))
    _checked(_libc.mount(*names, ctypes.c_ulong(flags), None))


def thread_count(pid: int) -> int:
    """Return how many threads a process has, 0 where that cannot be seen."""
    try:
        stats = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return 0
    return int(stats.rpartition(b")")[2].split()[17])


def drop_capabilities() -> None:
    """Give up whatever root may do beyond an ordinary user."""
    number = _CAPSET.get(os.uname().machine)
    if number is not None:
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
        system_call(number, header, (ctypes.c_uint32 * 6)())


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


_HUGE = 2 << 20
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25


def use_huge_pages() -> None:
    """Ask Linux (6.1 or later) to put this process's own memory into huge pages, as far as it will."""
    for start in _huge_places():
        for advice in (_MADV_HUGEPAGE, _MADV_COLLAPSE):
            advise_memory(start, _HUGE, advice)


def _huge_places() -> Iterator[int]:
    """Yield where huge pages could lie in the heap and in anonymous mappings."""
    with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
        mappings = [line.split() for line in maps]
    for places, access, _, _, _, *name in mappings:
        if access == "rw-p" and name in ([], ["[heap]"]):
            start, end = (int(place, 16) for place in places.split("-"))
            yield from range(-(-start // _HUGE) * _HUGE, end // _HUGE * _HUGE, _HUGE)
