"""Tracks and paths: `tracks.toml` of a source, which gives katas their order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..support.records import record


@record(kw_only=True)
class Track:
    """A themed, ordered list of katas: one `[[track]]` of a source's `tracks.toml`.

    `about` says in a sentence what it teaches, `decks` names the decks of its papers, in the order in which
    they are learned.
    """

    name: str
    title: str
    about: str = ""
    katas: tuple[str, ...] = ()
    decks: tuple[str, ...] = ()


@record(kw_only=True)
class LearningPath:
    """A way through the tracks for a purpose: one `[[path]]` of a source's `tracks.toml`."""

    name: str
    title: str
    about: str = ""
    katas: tuple[str, ...] = ()


@record
class Tracks:
    """What a source's `tracks.toml` says."""

    track: tuple[Track, ...] = ()
    path: tuple[LearningPath, ...] = ()


def line_naming(path: Path, track: Track | LearningPath, slug: str) -> int | None:
    """Return the line below the header of a track or path that holds *slug*."""
    from ..support.toml import read_text

    lines = read_text(path).splitlines()
    below = next((n for n, line in enumerate(lines) if "name" in line and f'"{track.name}"' in line), 0)
    quoted = (f'"{slug}"', f"'{slug}'")
    return next((n + 1 for n in range(below, len(lines)) if any(q in lines[n] for q in quoted)), None)


def read_tracks(path: Path) -> dict[str, Any]:
    """Return the facts of a file's tracks and paths as JSON can hold them, or raise InvalidKata."""
    from ..support.toml import read_toml

    read = read_toml(path, Tracks)
    return {"tracks": [_plain(vars(t)) for t in read.track], "paths": [_plain(vars(p)) for p in read.path]}


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}


def known_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what `read_tracks` made of the facts of a track or path as its arguments."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
