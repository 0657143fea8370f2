"""The catalogue: katas by track, with the learner's progress."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from ..practice.status import DONE, KataStatus
from .page import Page, View

if TYPE_CHECKING:
    from ..practice.overview import CatalogRow

_WIDE, _MEDIUM = 72, 56
_STYLES = {
    KataStatus.PASSED: "green",
    KataStatus.ASSISTED: "green",
    KataStatus.STARTED: "yellow",
    KataStatus.BROKEN: "bold red",
}
_NOTES = {
    KataStatus.ASSISTED: "passed with the solution",
    KataStatus.GAVE_UP: "the solution was shown",
}


def catalogue_view(rows: Sequence[CatalogRow]) -> View:
    """Return *rows* grouped by track, in their order; a narrow page leaves out minutes, then titles."""
    return View(lambda page: _lines(page, rows))


def _lines(page: Page, rows: Sequence[CatalogRow]) -> Iterator[Text]:
    slugs = max((len(row.slug) for row in rows), default=0)
    for number, (_, group) in enumerate(groupby(rows, key=lambda row: row.track)):
        track = list(group)
        if number:
            yield Text()
        yield from _heading(page, track)
        for row in track:
            yield from _row(page, row, slugs)


def _heading(page: Page, track: list[CatalogRow]) -> Iterator[Text]:
    passed = sum(row.status in DONE for row in track)
    title = page.text(track[0].track_title or track[0].track or "other katas", "bold")
    yield from page.apart(title, Text(f"{passed} of {len(track)}", style="dim"))


def _row(page: Page, row: CatalogRow, slugs: int) -> Iterator[Text]:
    lead = Text.assemble(_sign(page, row), page.text(f"{row.slug:<{slugs}}"), "  ")
    if row.status is KataStatus.BROKEN:
        yield _cut(page, lead, page.width)
        yield from page.hanging(" " * 6, page.text(row.problem, "red"))
        return
    end = _end(page, row)
    if page.width >= _MEDIUM:
        room = page.width - lead.cell_len - end.cell_len
        lead.append(_cut(page, page.text(row.title), room))
    lead = _cut(page, lead, page.width - end.cell_len)
    lead.pad_right(page.width - lead.cell_len - end.cell_len)
    yield Text.assemble(lead, end)
    yield from _notes(page, row)


def _notes(page: Page, row: CatalogRow) -> Iterator[Text]:
    """Yield what a mark cannot say, on a line below the kata."""
    notes = [_NOTES[row.status]] if row.status in _NOTES else []
    notes += ["due again"] * row.due
    notes += ["passed an earlier version"] * row.is_earlier
    if row.changed:
        notes.append(f"{' and '.join(row.changed)} changed since you started")
    if notes:
        line = page.parts(*map(Text, notes))
        line.stylize("dim")
        yield from page.hanging(" " * (3 + page.glyphs.width), line)


def _sign(page: Page, row: CatalogRow) -> Text:
    signs = dict.fromkeys(DONE, page.glyphs.passed) | {KataStatus.BROKEN: "!"}
    signs |= dict.fromkeys((KataStatus.STARTED, KataStatus.GAVE_UP), page.glyphs.started)
    return Text(f"  {signs.get(row.status, ''):<{page.glyphs.width}} ", style=_STYLES.get(row.status, ""))


def _end(page: Page, row: CatalogRow) -> Text:
    minutes = f"{row.minutes:>4} min" if page.width >= _WIDE else ""
    return Text(f"  {row.difficulty:<6}{minutes}", style="dim")


def _cut(page: Page, text: Text, width: int) -> Text:
    """Return *text* in at most *width* columns, with dots where something is left out."""
    if text.cell_len <= width:
        return text
    kept = text.copy()
    kept.truncate(max(0, width - len(page.glyphs.ellipsis)))
    kept.rstrip()
    return kept.append(page.glyphs.ellipsis) if width > len(page.glyphs.ellipsis) else kept
