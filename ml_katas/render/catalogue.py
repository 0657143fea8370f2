"""The catalogue: katas by track, with the learner's progress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from ..practice.status import DONE, KataStatus
from .dates import span
from .page import Page, View

if TYPE_CHECKING:
    from ..course.tracks import LearningPath, Track
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


def catalogue_view(
    rows: Sequence[CatalogRow], tracks: Sequence[Track] = (), along: LearningPath | None = None
) -> View:
    """Return *rows* grouped by track, or under the path that they are *along*, in their order.

    A narrow page leaves out minutes, then titles.
    """
    if along:
        return View(lambda page: _group(page, along.title, along.about, rows, rows))
    return View(lambda page: _by_track(page, rows, {track.name: track.about for track in tracks}))


def paths_view(rows: Sequence[CatalogRow], paths: Sequence[LearningPath]) -> View:
    """Return the paths through the catalogue, with how far each is done and how long it takes."""
    return View(lambda page: _paths(page, {row.slug: row for row in rows}, paths))


def _by_track(page: Page, rows: Sequence[CatalogRow], about: Mapping[str, str]) -> Iterator[Text]:
    for number, (name, group) in enumerate(groupby(rows, key=lambda row: row.track)):
        track = list(group)
        if number:
            yield Text()
        title = track[0].track_title or name or "other katas"
        yield from _group(page, title, about.get(name, ""), track, rows)


def _group(
    page: Page, title: str, about: str, group: Sequence[CatalogRow], rows: Sequence[CatalogRow]
) -> Iterator[Text]:
    """Yield the katas of a track or path; *rows* are all that stand on the page."""
    slugs = max(len(row.slug) for row in rows)
    yield from page.apart(page.text(title, "bold"), Text(_done(group), style="dim"))
    if about:
        yield from page.wrapped(page.text(about, "dim"))
    for row in group:
        yield from _row(page, row, slugs)


def _paths(page: Page, rows: Mapping[str, CatalogRow], paths: Sequence[LearningPath]) -> Iterator[Text]:
    yield from page.wrapped(Text("Paths: mlkata list --path NAME, mlkata next --path NAME", style="bold"))
    names = max(len(path.name) for path in paths)
    for path in paths:
        lead = page.text(f"  {path.name:<{names}}  ")
        end = Text(f"  {_done([rows[slug] for slug in path.katas])}", style="dim")
        lead.append(_cut(page, page.text(path.title), page.width - lead.cell_len - end.cell_len))
        lead.pad_right(page.width - lead.cell_len - end.cell_len)
        yield Text.assemble(lead, end)


def _done(group: Sequence[CatalogRow]) -> str:
    """Return how much of a group is done, and about how long all of it takes."""
    passed = sum(row.status in DONE for row in group)
    return f"{passed} of {len(group)}, {span(timedelta(minutes=sum(row.minutes for row in group)))}"


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
