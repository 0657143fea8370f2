"""A small window of numbers around the element that differs most."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from ..report import Window, Worst
from .number_text import Number, brief, pairs_of_texts
from .tolerances import Tolerance, excess

ROWS, COLUMNS = 5, 6


def worst_index(actual: Tensor, expected: Tensor, differs: Tensor, tolerance: Tolerance) -> tuple[int, ...]:
    """Return where the elements marked in `differs` lie furthest apart, in units of the tolerance."""
    score = excess(actual, expected, tolerance).masked_fill_(~differs, -1.0)
    return unravel(int(score.argmax()), tuple(differs.shape))


def unravel(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of an element from its place in row-major order."""
    index: list[int] = []
    for size in reversed(shape):
        flat, place = divmod(flat, size)
        index.insert(0, place)
    return tuple(index)


def worst_at(index: tuple[int, ...], actual: Tensor, expected: Tensor) -> Worst:
    """Return the element at *index* as texts; the difference is empty where it is not a number."""
    return worst_of(index, actual[index].item(), expected[index].item())


def worst_of(index: tuple[int, ...], actual: Number, expected: Number) -> Worst:
    """Return two numbers as the worst element of what they stand in."""
    ((expected_text, actual_text),) = pairs_of_texts([(expected, actual, True)])
    return Worst(index, expected_text, actual_text, _difference(actual, expected))


def window_at(index: tuple[int, ...], actual: Tensor, expected: Tensor, differs: Tensor) -> Window:
    """Return at most ROWS x COLUMNS elements around *index*; a vector is one row, a scalar one cell."""
    lead, (row, column) = index[:-2], (0, 0, *index)[-2:]
    actual, expected, differs = (_grid(tensor, lead) for tensor in (actual, expected, differs))
    rows, columns = _around(row, actual.shape[0], ROWS), _around(column, actual.shape[1], COLUMNS)
    cells = [part[rows][:, columns] for part in (expected, actual, differs)]
    return _window(lead, tuple(_span(rows)), tuple(_span(columns)), *(cell.tolist() for cell in cells))


def window_of(actual: Number, expected: Number) -> Window:
    """Return the window of two plain numbers that differ."""
    return _window((), (0,), (0,), [[expected]], [[actual]], [[True]])


def lines(window: Window) -> list[str]:
    """Return a window as aligned lines of plain text; `*` marks what differs."""
    got = [
        tuple(f"{text}{'*' if differs else ' '}" for text, differs in zip(*row, strict=True))
        for row in zip(window.actual, window.differs, strict=True)
    ]
    left, right = _aligned(window.expected), _aligned(tuple(got))
    names = [str(row) for row in window.rows]
    gutter, width = max(map(len, names)), max(len(left[0]), len("expected"))
    head = f"{'':>{gutter}}   {'expected':>{width}}   got"
    return [
        head,
        *(f"{n:>{gutter}}   {e:>{width}}   {a}".rstrip() for n, e, a in zip(names, left, right, strict=True)),
    ]


def _difference(actual: Number, expected: Number) -> str:
    try:
        distance = abs(actual - expected)
    except OverflowError:
        return "inf"
    return "" if distance != distance else brief(distance)


def _grid(tensor: Tensor, lead: tuple[int, ...]) -> Tensor:
    tensor = tensor.detach()[lead]
    return tensor.reshape((1,) * (2 - tensor.dim()) + tuple(tensor.shape))


def _around(centre: int, size: int, most: int) -> slice:
    start = max(0, min(centre - most // 2, size - most))
    return slice(start, min(start + most, size))


def _span(part: slice) -> Iterator[int]:
    return iter(range(part.start, part.stop))


def _window(
    lead: tuple[int, ...],
    rows: tuple[int, ...],
    columns: tuple[int, ...],
    expected: list[list[Number]],
    actual: list[list[Number]],
    differs: list[list[bool]],
) -> Window:
    cells = (zip(*row, strict=True) for row in zip(expected, actual, differs, strict=True))
    texts = pairs_of_texts([cell for row in cells for cell in row])
    wanted, got = [text for text, _ in texts], [text for _, text in texts]
    width = len(columns)
    return Window(
        lead=lead,
        rows=rows,
        columns=columns,
        expected=_rows(wanted, width),
        actual=_rows(got, width),
        differs=tuple(map(tuple, differs)),
    )


def _rows(texts: list[str], width: int) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(texts[start : start + width]) for start in range(0, len(texts), width))


def _aligned(rows: tuple[tuple[str, ...], ...]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=True)) for row in rows]
