"""Names that were perhaps meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str:
    """Return " Did you mean …?" with the name most like *name*, or nothing."""
    import difflib  # it takes longer to import than most commands need to end

    close = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
