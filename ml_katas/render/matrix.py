"""The kill matrix: which check fails for which mistake and mutant."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ..authoring.proof import MatrixRow, Proof
from .page import Page, View


def matrix_view(proof: Proof) -> View:
    """Return the matrix of a proof: the checks with numbers, then a line for each mistake and mutant."""
    return View(lambda page: _lines(page, proof))


def _lines(page: Page, proof: Proof) -> Iterator[Text]:
    for number, name in enumerate(proof.checks, start=1):
        yield Text(f"  {number:>2}  {name}")
    yield Text()
    for place in (10, 1) if len(proof.checks) > 9 else (1,):
        yield Text("  " + "".join(_head(number, place) for number in range(1, len(proof.checks) + 1)))
    for row in proof.rows:
        cells = "  " + "".join(_cell(page, row, name) for name in proof.checks) + "  "
        label = page.text(_label(row))
        label.truncate(page.width - len(cells), overflow="ellipsis")
        yield Text(cells) + label


def _head(number: int, place: int) -> str:
    digit = number // place % 10
    return " " if place > 1 and not digit else str(digit)


def _cell(page: Page, row: MatrixRow, check: str) -> str:
    return page.glyphs.failed if check in row.failed else "."


def _label(row: MatrixRow) -> str:
    place = f"{row.line}: " if row.line else ""
    odd = "equivalent" if row.mark else "" if row.failed else str(row.status)
    return f"{place}{row.name}" + (f" ({odd})" if odd else "")
