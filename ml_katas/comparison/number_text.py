"""Numbers as short text that shows where two of them differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Number = bool | int | float | complex
Pair = tuple[Number, Number, bool]

_MOST_DIGITS = 17


def brief(number: Number) -> str:
    """Return a number with three significant digits; whole numbers in full."""
    if isinstance(number, bool | int):
        return _whole(number)
    if isinstance(number, complex):
        return f"{number:.3g}"
    number += 0.0  # no -0
    return f"{number:.0f}" if number.is_integer() and abs(number) < 1e6 else f"{number:.3g}"


def pairs_of_texts(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    """Return (expected, actual, differs) as texts of one format, with digits enough to show who differs.

    What no format distinguishes is shown in full.
    """
    for text in _formats(pairs):
        texts = [(text(expected), text(actual)) for expected, actual, _ in pairs]
        if all(e != a for (e, a), (_, _, differs) in zip(texts, pairs, strict=True) if differs):
            return texts
    return [(repr(expected), repr(actual)) for expected, actual, _ in pairs]


def _formats(pairs: Sequence[Pair]) -> list[Callable[[Number], str]]:
    numbers = [number for expected, actual, _ in pairs for number in (expected, actual)]
    largest = max(map(_magnitude, numbers), default=0.0)
    if largest and not 1e-3 <= largest < 1e5:
        return [_scientific(digits) for digits in range(2, _MOST_DIGITS)]
    exponent = math.floor(math.log10(largest)) if largest else 0
    first = 3 - max(exponent, 0) if exponent >= -1 else 2 - exponent
    return [_fixed(decimals) for decimals in range(max(first, 1), _MOST_DIGITS)]


def _magnitude(number: Number) -> float:
    if isinstance(number, bool | int):
        return 0.0
    try:
        size = abs(number)
    except OverflowError:
        return 0.0
    return size if math.isfinite(size) else 0.0


def _fixed(decimals: int) -> Callable[[Number], str]:
    return lambda number: _text(number, f".{decimals}f")


def _scientific(decimals: int) -> Callable[[Number], str]:
    return lambda number: _text(number, f".{decimals}e")


def _text(number: Number, form: str) -> str:
    if isinstance(number, bool | int):
        return _whole(number)
    if isinstance(number, complex):
        imaginary = _real(number.imag, form)
        return f"{_real(number.real, form)}{'' if imaginary[0] == '-' else '+'}{imaginary}j"
    return _real(number, form)


def _real(number: float, form: str) -> str:
    if number == 0 and form.endswith("e"):
        return "0"
    text = format(number, form)
    return text if any(digit in "123456789nf" for digit in text) else text.removeprefix("-")


def _whole(number: int) -> str:
    # A Python integer may have more digits than `str` is willing to write.
    return str(number) if isinstance(number, bool) or number.bit_length() < 256 else hex(number)[:40] + "…"
