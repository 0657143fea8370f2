"""Which lines of two programs stand for each other: by their code, whatever the comments and blank lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

_STRING_OR_COMMENT = re.compile(r""" ("(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*') | \s*\#.* """, re.VERBOSE)
_TOKEN = re.compile(r"\w+|[^\w\s]")
_LEAST_ALIKE = 0.35  # below this a pair says nothing
_BLANK = 0.01  # better than nothing, worse than any code


def code_of(line: str) -> str:
    """Return a line of Python without its comment and the blanks at its end."""
    return _STRING_OR_COMMENT.sub(lambda found: found[1] or "", line).rstrip()


def aligned(yours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Yield the places of the lines in order, those that stand for each other together.

    Of all ways that keep both orders it is the one whose pairs have most tokens in common, added up: the
    alignment of Needleman and Wunsch 1970, with gaps that cost nothing.
    """
    left, right = ([_TOKEN.findall(code_of(line)) for line in lines] for lines in (yours, theirs))
    alike = [[_likeness(a, b) for b in right] for a in left]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]  # from here to the end of both
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            best[i][j] = max(alike[i][j] + best[i + 1][j + 1], best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < len(left) or j < len(right):
        if i < len(left) and best[i][j] == best[i + 1][j]:
            yield i, None
            i += 1
        elif j < len(right) and best[i][j] == best[i][j + 1]:
            yield None, j
            j += 1
        else:
            yield i, j
            i, j = i + 1, j + 1


def _likeness(a: list[str], b: list[str]) -> float:
    """Return the share of their tokens that two lines have in common, 0 where it is small."""
    if not a or not b:
        return _BLANK if a == b else 0.0
    share = 2 * (Counter(a) & Counter(b)).total() / (len(a) + len(b))
    return share if share >= _LEAST_ALIKE else 0.0
