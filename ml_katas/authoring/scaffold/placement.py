"""Where a new kata goes: the folder of katas, and its line in `tracks.toml`."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from ...course.catalog import Catalog
from ...course.tracks import Tracks
from ...errors import InvalidKata, UsageError
from ...support.files import as_file_error, write_whole
from ...support.records import record
from ...support.toml import read_text, read_toml

_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*track[ \t]*\]\]", re.MULTILINE)
_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
_KATAS = re.compile(r"^[ \t]*katas[ \t]*=[ \t]*\[", re.MULTILINE)


@record(kw_only=True)
class Placement:
    """A kata's place in a track: written into *path*, or else the lines that an author writes there."""

    path: Path
    track: str
    is_written: bool
    lines: tuple[str, ...] = ()
    remark: str = ""


def folder_of_katas(named: Path | None, cwd: Path) -> Path:
    """Return the folder that a new kata goes to, or raise UsageError; `katas` need not be there yet.

    It is *named*, or what holds katas here: `katas` in this folder, this folder, or the one around a kata.
    """
    if named is None:
        return _found(cwd)
    if not named.is_dir():
        says = f"--katas names {named}, which is not a folder."
        raise UsageError(says, f"`mkdir -p {named}` makes it; it is to hold your katas.")
    if (named / "kata.toml").exists():
        says = f"--katas names {named}, which is itself a kata."
        raise UsageError(says, f"Name the folder above it: --katas {named.parent}")
    return named


def place(slug: str, track: str, source: Path) -> Placement:
    """Put *slug* at the end of *track* in the tracks.toml of *source*, where that is a plain addition."""
    path = source / "tracks.toml"
    known = _tracks(path)
    if track not in known:
        near = difflib.get_close_matches(track, known, n=1)
        remark = f"There is no track {track!r} yet." + (f" Did you mean {near[0]!r}?" if near else "")
        lines = ("[[track]]", f'name = "{track}"', f'title = "{track}"', f'katas = ["{slug}"]')
        return Placement(path=path, track=track, is_written=False, lines=lines, remark=remark)
    if slug in known[track]:
        return Placement(path=path, track=track, is_written=True)
    text = with_placement(read_text(path), track, slug)
    if text is None:
        return Placement(path=path, track=track, is_written=False, lines=(f'katas = [..., "{slug}"]',))
    with as_file_error(path, "written", "Add the line by hand."):
        write_whole(path, text.encode())
    return Placement(path=path, track=track, is_written=True)


def with_placement(text: str, track: str, slug: str) -> str | None:
    """Return the text of a tracks.toml with *slug* at the end of *track* and nothing else changed.

    None where no place can be found at which that is so.
    """
    wanted = _with_slug(text, track, slug)
    for start, end in _lists(text, track):
        changed = text[:start] + _with_item(text[start:end], slug) + text[end:]
        try:
            if tomllib.loads(changed) == wanted:
                return changed
        except tomllib.TOMLDecodeError:
            continue
    return None


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


def _with_slug(text: str, track: str, slug: str) -> dict[str, object]:
    tables = tomllib.loads(text)
    for table in tables["track"]:
        if table["name"] == track:
            table["katas"] = [*table.get("katas", []), slug]
            break
    return tables


def _lists(text: str, track: str) -> Iterator[tuple[int, int]]:
    """Yield where what is in the brackets of the track's `katas` may begin and end."""
    for header in _HEADER.finditer(text):
        table = _TABLE.search(text, header.end())
        block_end = table.start() if table else len(text)
        opening = _KATAS.search(text, header.end(), block_end)
        if opening and track in text[header.end() : block_end]:
            closings = re.finditer(r"\]", text[opening.end() : block_end])
            yield from ((opening.end(), opening.end() + closing.start()) for closing in closings)


def _with_item(items: str, slug: str) -> str:
    """Return what is between the brackets of a list of texts, with one more at its end."""
    if "\n" not in items:
        before = items.rstrip().removesuffix(",")
        return f'{before}, "{slug}"' if before.strip() else f'"{slug}"'
    *lines, last = items.rstrip().split("\n")
    code = last.partition("#")[0].rstrip()
    comma = "" if code.endswith(",") or not code.strip() else ","
    indent = last[: len(last) - len(last.lstrip())] or "    "
    end = items[len(items.rstrip()) :]
    return "\n".join([*lines, code + comma + last[len(code) :], f'{indent}"{slug}",']) + end
