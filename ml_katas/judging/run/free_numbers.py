"""Numbers of a mistake that are free: an epsilon, a scale, a temperature of any size is the same mistake.

Such a number is fitted to what the submission gave, in the failing check that compares the most digits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from ...course.mistakes import Mistake
from .evidence import Evidence

if TYPE_CHECKING:
    from .rerun import Rerun

_DECADES = range(-8, 9)
_STRENGTHS = tuple(digits * 10.0**n for n in range(-3, 1) for digits in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9))
_STEPS = 32
_NEAR = 0.95  # of the error: where no decade takes a part of it away, no number between two does
_GOLDEN = (math.sqrt(5) - 1) / 2


def fitted(mistake: Mistake, rerun: Rerun, failing: Sequence[Evidence]) -> Iterator[bytes]:
    """Yield the code of a mistake, its free number such that it errs as the submission does.

    Where many numbers err alike, as any number far below all others does, the largest of them comes last.
    Where there is no error to fit, since what came or what was expected is not finite, both ends are tried.
    Of noise those are tried that people write: by it another is chosen or not, and nothing lies between.
    """
    if not mistake.free:
        return
    name, number = mistake.free[0], _number(mistake.source, mistake.free[0])
    seen = max((each for each in failing if each.error is not None), key=_digits, default=None)
    if seen is None:
        ends = (_DECADES[-1], _DECADES[0])
        yield from (with_number(mistake.source, name, number * 10**exponent) for exponent in ends)
        return

    own = rerun.evidence(mistake.source, seen.item, seen.states)
    if own is not None and own.drew != seen.drew:
        return  # noise and what is no noise are never alike, whatever the number
    if seen.drew:
        yield from (with_number(mistake.source, name, strength) for strength in _STRENGTHS)

    def distance(exponent: float, seen: Evidence = seen) -> float:
        own = rerun.evidence(with_number(mistake.source, name, number * 10**exponent), seen.item, seen.states)
        return _distance(own, seen)

    distances = {exponent: distance(exponent) for exponent in _DECADES}
    nearest = min(distances, key=lambda exponent: distances[exponent])
    if distances[nearest] > _NEAR * _distance(None, seen):
        return
    best = _least(distance, nearest - 1, nearest + 1)
    largest = max(exponent for exponent in _DECADES if distances[exponent] == distances[nearest])
    for exponent in dict.fromkeys((best, largest)):
        yield with_number(mistake.source, name, number * 10**exponent)


def with_number(source: bytes, name: str, value: float) -> bytes:
    """Return code in which the assignment to *name* assigns *value*."""
    return _assignment(name).sub(rb"\g<1>" + repr(value).encode(), source, count=1)


def _number(source: bytes, name: str) -> float:
    found = _assignment(name).search(source)
    assert found is not None, "the reader of mistakes.md has seen this assignment"
    return float(found[2])


def _assignment(name: str) -> re.Pattern[bytes]:
    return re.compile(rf"(?m)^(\s*{re.escape(name)}(?:\s*:\s*\w+)?\s*=\s*)([^\s#]+)".encode())


def _digits(evidence: Evidence) -> int:
    """Return how finely the values are known in which a number would show."""
    assert evidence.compared is not None
    parts = [actual for actual, _ in evidence.compared.parts if isinstance(actual, torch.Tensor)]
    return min((part.element_size() for part in parts), default=0)


def _distance(own: Evidence | None, seen: Evidence) -> float:
    """Return how far the error of other code is from the submission's; where it passes, it has none."""
    wanted = seen.error
    assert wanted is not None
    if own is None:
        return float(wanted.norm())
    error = own.error if own.is_in_the_same_place_as(seen) else None
    if error is None or error.shape != wanted.shape:
        return math.inf
    return float(torch.linalg.vector_norm(error - wanted))


def _least(f: Callable[[float], float], low: float, high: float) -> float:
    """Return where *f* is least between two places, by golden section."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = f(left), f(right)
    for _ in range(_STEPS):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = f(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = f(right)
    return (low + high) / 2
