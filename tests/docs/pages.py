"""The pages of the project, taken apart: sections, tables, fences, names."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = {
    path.name: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *ROOT.glob("docs/*.md"))
}
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "ml_katas").rglob("*.py"))}

_CELL = re.compile(r"(?<!\\)\|")


def section(page: str, heading: str) -> str:
    """Return what stands below a heading of a page, down to the next one that is no deeper."""
    text = PAGES[page]
    start = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert start, f"{page} has no heading {heading!r}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def tables(text: str) -> list[list[tuple[str, ...]]]:
    """Return the tables of a text: for each its rows, without the one that names the columns."""
    blocks = re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    return [[_cells(line) for line in block.splitlines()[2:]] for block in blocks]


def table(page: str, heading: str) -> list[tuple[str, ...]]:
    """Return the rows of the one table below a heading, or of the first of several."""
    return tables(section(page, heading))[0]


def first_names(rows: list[tuple[str, ...]]) -> list[str]:
    """Return all names that stand in code in the first column."""
    return [name for row in rows for name in names(row[0])]


def names(text: str) -> list[str]:
    """Return what stands between backticks, outside of fences."""
    return re.findall(r"`([^`]+)`", _without_fences(text))


def without_code(text: str) -> str:
    """Return a text without what it shows as code: fences, indented lines, what stands between backticks."""
    return re.sub(r"`[^`]+`", "", re.sub(r"^ {4}.*$", "", _without_fences(text), flags=re.MULTILINE))


def fences(text: str, language: str) -> list[str]:
    """Return the content of the fences in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _without_fences(text: str) -> str:
    return re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELL.split(line)[1:-1])
