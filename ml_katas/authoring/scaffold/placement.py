"""Where a new kata goes: the folder of katas, and its line in `tracks.toml`."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

from ...course.catalog import Catalog
from ...course.sources import folders_of_variable
from ...course.tracks import Tracks
from ...errors import InvalidKata, UsageError
from ...support.files import as_file_error
from ...support.records import record
from ...support.toml import edit_toml, read_toml


@record(kw_only=True)
class Placement:
    """A kata's place in a track: written into *path*, or else the lines that an author writes there."""

    path: Path
    track: str
    is_written: bool
    lines: tuple[str, ...] = ()
    remark: str = ""


def folder_of_katas(flag: Path | None, cwd: Path) -> Path:
    """Return the folder that a new kata goes to, or raise UsageError; `katas` need not be there yet.

    It is that of the *flag*, or the first of MLKATA_PATH, or else what holds katas here: `katas` in this
    folder, this folder, or the one around a kata.
    """
    named = (("--katas", flag), *(("MLKATA_PATH", path) for path in folders_of_variable(os.environ)))
    for origin, path in named:
        if path is not None:
            _refuse_odd_folder(path, origin)
            return path
    return _found(cwd)


def _refuse_odd_folder(path: Path, origin: str) -> None:
    says = f"{origin} names {path}, which is"
    if not path.is_dir():
        raise UsageError(f"{says} not a folder.", f"`mkdir -p {path}` makes it; it is to hold your katas.")
    if (path / "kata.toml").exists():
        raise UsageError(f"{says} itself a kata.", f"Name the folder above it: {path.parent}")


def place(slug: str, track: str, source: Path) -> Placement:
    """Put *slug* at the end of *track* in the tracks.toml of *source*; a new track is left to the author."""
    path = source / "tracks.toml"
    known = _tracks(path)
    if track not in known:
        near = difflib.get_close_matches(track, known, n=1)
        remark = f"There is no track {track!r} yet." + (f" Did you mean {near[0]!r}?" if near else "")
        lines = ("[[track]]", f'name = "{track}"', f'title = "{track}"', f'katas = ["{slug}"]')
        return Placement(path=path, track=track, is_written=False, lines=lines, remark=remark)
    if slug in known[track]:
        return Placement(path=path, track=track, is_written=True)
    with as_file_error(path, "written", "Add the line by hand."):
        edit_toml(path, lambda table: _append(table, track, slug))
    return Placement(path=path, track=track, is_written=True)


def _found(cwd: Path) -> Path:
    if (cwd / "katas").is_dir():
        return cwd / "katas"
    if (cwd / "kata.toml").is_file():
        return cwd.parent
    holds_katas = (cwd / "tracks.toml").is_file() or bool(Catalog((cwd,)).slugs)
    return cwd if holds_katas else cwd / "katas"


def _tracks(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the katas of each track that the file at *path* names; a broken file has none."""
    if not path.is_file():
        return {}
    try:
        return {track.name: track.katas for track in read_toml(path, Tracks).track}
    except InvalidKata:
        return {}


def _append(table: Any, track: str, slug: str) -> None:
    """Add *slug* at the end of the first track of that name."""
    found = next(each for each in table["track"] if each["name"] == track)
    if "katas" not in found:
        found["katas"] = []
    found["katas"].append(slug)
