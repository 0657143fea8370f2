"""Memory in pages of 2 MiB, so that a fork copies some hundred entries of the page table, not fifty thousand.

What a child then writes is still copied in pages of 4 KiB.
"""

from __future__ import annotations

from collections.abc import Iterator

from .kernel import advise_memory

SIZE = 2 << 20
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25


def collapse() -> None:
    """Ask Linux (6.1 or later) to put this process's own memory into huge pages, as far as it will."""
    for start in _pieces():
        for advice in (_MADV_HUGEPAGE, _MADV_COLLAPSE):
            advise_memory(start, SIZE, advice)


def _pieces() -> Iterator[int]:
    """Yield where huge pages could lie in the heap and in anonymous mappings."""
    with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
        mappings = [line.split() for line in maps]
    for places, access, _, _, _, *name in mappings:
        if access == "rw-p" and name in ([], ["[heap]"]):
            start, end = (int(place, 16) for place in places.split("-"))
            yield from range(-(-start // SIZE) * SIZE, end // SIZE * SIZE, SIZE)
