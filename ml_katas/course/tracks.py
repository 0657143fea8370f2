"""Tracks: `tracks.toml` of a source, which gives katas their order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..support.records import record

if TYPE_CHECKING:
    pass


@record
class Track:
    """A themed, ordered list of katas: one `[[track]]` of a source's `tracks.toml`.

    `decks` names the decks of its papers, in the order in which they are learned.
    """

    name: str
    title: str
    katas: tuple[str, ...] = ()
    decks: tuple[str, ...] = ()


@record
class Tracks:
    """What a source's `tracks.toml` says."""

    track: tuple[Track, ...] = ()


def line_naming(path: Path, track: Track, slug: str) -> int | None:
    """Return the line below the header of *track* that holds *slug*."""
    from ..support.toml import read_text

    lines = read_text(path).splitlines()
    below = next((n for n, line in enumerate(lines) if "name" in line and f'"{track.name}"' in line), 0)
    quoted = (f'"{slug}"', f"'{slug}'")
    return next((n + 1 for n in range(below, len(lines)) if any(q in lines[n] for q in quoted)), None)


def read_tracks(path: Path) -> list[Any]:
    """Return the name, title, katas and decks of each track of a `tracks.toml`, or raise InvalidKata."""
    from ..support.toml import read_toml

    return [[t.name, t.title, list(t.katas), list(t.decks)] for t in read_toml(path, Tracks).track]
