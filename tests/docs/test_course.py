"""The map of the course says what the course is."""

from __future__ import annotations

from pathlib import Path

from ml_katas.course.catalog import Catalog
from pictures.course_map import PAGE, course_map

COURSE = Catalog((Path(__file__).parents[2] / "katas",))


def test_the_map_is_that_of_the_course() -> None:
    """`docs/course.md` is what `python -m pictures` makes of the katas as they are."""
    assert PAGE.read_text(encoding="utf-8") == course_map(), "`python -m pictures` writes it anew"


def test_every_kata_has_a_track() -> None:
    """Each kata of the course stands in a track, each track says what it teaches, and no file is wrong."""
    assert [entry.slug for entry in COURSE.entries if not entry.track] == []
    assert [track.name for track in COURSE.tracks if not track.about] == []
    assert COURSE.problems == ()


def test_what_comes_first_stands_first() -> None:
    """In a track, and on a path, no kata stands before one of the same that it asks for first."""
    entries = {entry.slug: entry for entry in COURSE.entries}
    for way in (*COURSE.tracks, *COURSE.paths):
        for place, slug in enumerate(way.katas):
            late = [need for need in entries[slug].prerequisites if need in way.katas[place:]]
            assert not late, f"{way.name}: {slug} asks for {late} first"
