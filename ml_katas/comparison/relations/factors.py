"""A constant factor named the way a learner would recognise it: "8.0 = √64"."""

from __future__ import annotations

import math

_LARGEST = 1e6  # no factor that a formula forgets
_CONSTANTS = {
    "1/ln 2": 1 / math.log(2),
    "ln 10": math.log(10),
    "π": math.pi,
    "2π": 2 * math.pi,
    "π/2": math.pi / 2,
    "√(2π)": math.sqrt(2 * math.pi),
    "e": math.e,
    "180/π": 180 / math.pi,
}


def named(factor: float, rtol: float, shape: tuple[int, ...]) -> str:
    """Return a factor above one with its name, or "" where rtol is too coarse to be sure of one.

    Sizes of *shape* are preferred: a mean where a sum is meant is off by one of them.
    """
    if factor > _LARGEST:
        return ""
    rtol = max(rtol, 1e-9)
    names = (_whole, _constant, _root, _bessel)
    return next(filter(None, (name(factor, rtol, shape) for name in names)), "")


def _whole(factor: float, rtol: float, shape: tuple[int, ...]) -> str:
    number = _integer(factor, rtol)
    if number < 2:
        return ""
    if number in shape:
        return f"{number}, the size of dimension {shape.index(number)}"
    if number == math.prod(shape):
        return f"{number}, the number of values"
    return _root_of_square(number, shape)


def _root_of_square(number: int, shape: tuple[int, ...]) -> str:
    # Head dimensions are mostly powers of four: 8 is worth a reminder of √64, 3 is not one of √9.
    square = number * number
    if square in shape or (number >= 4 and number & (number - 1) == 0):
        return f"{number}.0 = √{square}{_size(square, shape)}"
    return str(number)


def _constant(factor: float, rtol: float, shape: tuple[int, ...]) -> str:
    names = (name for name, value in _CONSTANTS.items() if math.isclose(factor, value, rel_tol=2 * rtol))
    return next((f"{factor:.4g} = {name}" for name in names), "")


def _root(factor: float, rtol: float, shape: tuple[int, ...]) -> str:
    square = _integer(factor**2, 2 * rtol)
    return f"{factor:.3g} = √{square}{_size(square, shape)}" if square >= 2 else ""


def _bessel(factor: float, rtol: float, shape: tuple[int, ...]) -> str:
    """Name n/(n-1) and its root: a variance or deviation with the other denominator."""
    for power, mark in ((1, "{n}/{m}"), (2, "√({n}/{m})")):
        ratio = factor**power
        if 1 < ratio < 2:
            n = _integer(ratio / (ratio - 1), 2 * rtol * ratio / (ratio - 1))
            if n >= 3:
                return f"{factor:.4g} = {mark.format(n=n, m=n - 1)}"
    return ""


def _integer(value: float, rtol: float) -> int:
    """Return the integer that *value* is, or 0 where it is not one or rtol is too coarse to say so."""
    slack = 2 * rtol * value
    nearest = round(value)
    return nearest if slack < 0.02 and abs(value - nearest) <= slack else 0


def _size(number: int, shape: tuple[int, ...]) -> str:
    return f", and {number} is the size of dimension {shape.index(number)}" if number in shape else ""
