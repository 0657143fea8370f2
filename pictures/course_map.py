"""The map of the course, `docs/course.md`: every kata by track, and the paths through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ml_katas.course.catalog import Catalog, Entry
from ml_katas.course.tracks import LearningPath, Track

PAGE = Path(__file__).parents[1] / "docs" / "course.md"

_HEAD = """\
# The course

Every kata by track, in the order in which it is learned, and the paths that lead through them. *Needs* names
the katas that come first, and `mlkata next` sends you to those before it sends you on; *unlocks* names those
that need this one. `mlkata list` shows the same with your progress. `python -m pictures` writes this page.
"""


def course_map() -> str:
    """Return the page: a table of the tracks of the bundled course, one for each track, and the paths."""
    catalog = Catalog((PAGE.parents[1] / "katas",))
    entries = {entry.slug: entry for entry in catalog.entries}
    tracks = [*_overview(catalog.tracks, entries), *_tracks(catalog.tracks, entries)]
    return "\n".join([_HEAD, *tracks, *_paths(catalog.paths, entries), ""])


def _overview(tracks: Sequence[Track], entries: dict[str, Entry]) -> Iterator[str]:
    yield "| track | katas | time | teaches |"
    yield "|---|---|---|---|"
    for track in tracks:
        katas = [entries[slug] for slug in track.katas]
        yield f"| [{track.title}](#{_anchor(track.title)}) | {len(katas)} | {_time(katas)} | {track.about} |"
    total = [entry for entry in entries.values() if entry.track]
    yield f"| | **{len(total)}** | **{_time(total)}** | |"
    yield ""


def _tracks(tracks: Sequence[Track], entries: dict[str, Entry]) -> Iterator[str]:
    for track in tracks:
        yield f"## {track.title}"
        yield ""
        yield "| | kata | level | min | needs | unlocks |"
        yield "|---|---|---|---|---|---|"
        for number, slug in enumerate(track.katas, 1):
            yield f"| {number} | {_row(entries[slug], entries)} |"
        yield ""


def _row(kata: Entry, entries: dict[str, Entry]) -> str:
    brief = f"[`{kata.slug}`](../katas/{kata.slug}/README.md) {kata.title}"
    unlocks = [other.slug for other in entries.values() if kata.slug in other.prerequisites]
    needs, opens = (", ".join(f"`{slug}`" for slug in slugs) for slugs in (kata.prerequisites, unlocks))
    return f"{brief} | {kata.difficulty} | {kata.minutes} | {needs} | {opens}"


def _paths(paths: Sequence[LearningPath], entries: dict[str, Entry]) -> Iterator[str]:
    yield "## Paths"
    yield ""
    yield "`mlkata list --path NAME` shows one, `mlkata next --path NAME` goes along it, and"
    yield "`mlkata config set path NAME` stays on it."
    for path in paths:
        yield ""
        yield from _path(path, entries)


def _path(path: LearningPath, entries: dict[str, Entry]) -> Iterator[str]:
    katas = [entries[slug] for slug in path.katas]
    steps = " → ".join(f"`{kata.slug}`" for kata in katas)
    yield f"**`{path.name}`: {path.title}** ({len(katas)} katas, {_time(katas)}). {path.about}"
    yield ""
    yield steps


def _time(katas: Sequence[Entry]) -> str:
    hours, minutes = divmod(sum(kata.minutes for kata in katas), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")
