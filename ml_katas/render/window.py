"""Expected numbers beside the ones that came, or above them where the page is narrow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.text import Text

from ..report import Window
from .page import Page

_GAP = "  "


def window_lines(page: Page, window: Window) -> Iterator[Text]:
    """Yield *window* as lines; a star marks what differs, with or without colour."""
    if window.lead:
        places = ", ".join([*map(str, window.lead), ":", ":"])
        yield page.text(f"in [{places}]", "dim")
    yield from _lines(page, window)


def _lines(page: Page, window: Window) -> list[Text]:
    left, right = _grid(page, "expected", window), _grid(page, "got", window)
    labels = _labels(window)
    beside = [
        Text.assemble(label, one, " " * 8, other)
        for label, one, other in zip(labels, left, right, strict=True)
    ]
    if not page.is_narrow and beside[0].cell_len <= page.width:
        return beside
    above = [
        Text.assemble(label, line) for grid in (left, right) for label, line in zip(labels, grid, strict=True)
    ]
    if max(line.cell_len for line in above) > page.width and len(window.columns) > 1:
        return _lines(page, _narrowed(window))
    return above


def _labels(window: Window) -> list[Text]:
    """Return the row indices, each with a gap; a window that is one vector has none."""
    if window.rows == (0,):
        return [Text()] * _height(window)
    width = max(len(str(row)) for row in window.rows)
    blank = [Text(" " * (width + 4))] * (_height(window) - len(window.rows))
    return blank + [Text(f"{row:>{width}}    ", style="dim") for row in window.rows]


def _height(window: Window) -> int:
    return len(window.rows) + 1 + _has_column_numbers(window)


def _has_column_numbers(window: Window) -> bool:
    return window.columns[:1] != (0,)


def _grid(page: Page, title: str, window: Window) -> list[Text]:
    """Return the lines of one side, all of the same width."""
    lines = [Text(title, style="bold"), *_numbers(page, window, got=title == "got")]
    width = max(line.cell_len for line in lines)
    for line in lines:
        line.pad_right(width - line.cell_len)
    return lines


def _numbers(page: Page, window: Window, got: bool) -> Iterator[Text]:
    texts = window.actual if got else window.expected
    head = [tuple(map(str, window.columns))] * _has_column_numbers(window)
    widths = [max(map(len, column)) for column in zip(*texts, *head, strict=True)]
    for row in head:
        yield Text(
            _GAP.join(f"{text:>{width}} " for text, width in zip(row, widths, strict=True)), style="dim"
        )
    for row, differs in zip(texts, window.differs, strict=True):
        cells = zip(row, widths, differs, strict=True)
        yield Text(_GAP).join(_cell(page, *cell, got) for cell in cells)


def _cell(page: Page, text: str, width: int, differs: bool, got: bool) -> Text:
    style = ("bold red" if got else "green") if differs else ""
    cell = page.text(f"{text:>{width}}", style)
    return Text.assemble(cell, ("*", "red") if got and differs else " ")


def _narrowed(window: Window) -> Window:
    """Return *window* without its outermost column that is farther from the first difference."""
    first = min((row.index(True) for row in window.differs if True in row), default=0)
    part = slice(1, None) if first > (len(window.columns) - 1) / 2 else slice(None, -1)
    return replace(
        window,
        columns=window.columns[part],
        expected=tuple(row[part] for row in window.expected),
        actual=tuple(row[part] for row in window.actual),
        differs=tuple(row[part] for row in window.differs),
    )
