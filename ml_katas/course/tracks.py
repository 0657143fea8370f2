"""Tracks: `tracks.toml` of a source, which gives katas their order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..support.records import record

if TYPE_CHECKING:
    pass


@record
class Track:
    """A themed, ordered list of katas: one `[[track]]` of a source's `tracks.toml`."""

    name: str
    title: str
    katas: tuple[str, ...] = ()


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
    """Return the name, title and katas of each track of a `tracks.toml`, or raise InvalidKata."""
    from ..support.toml import read_toml

    return [[track.name, track.title, list(track.katas)] for track in read_toml(path, Tracks).track]
