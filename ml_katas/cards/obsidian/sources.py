"""The pictures of a vault: found as Obsidian finds them, copied beside the learner's own decks."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from ...support.files import as_file_error, write_whole
from ..pictures import SUFFIXES, is_picture
from .vault import hash_of, note_files

PICTURES = "drawings"


def vault_of(path: Path) -> Path:
    """Return the vault that *path* lies in, which has a folder `.obsidian`, or else its own folder."""
    folder = path if path.is_dir() else path.parent
    return next((place for place in (folder, *folder.parents) if (place / ".obsidian").is_dir()), folder)


class Pictures:
    """Pictures that cards link to, by the names that their copies get in *target*."""

    def __init__(self, vault: Path, target: Path) -> None:
        self.written: list[Path] = []
        self._vault = vault
        self._target = target
        self._names: dict[Path, str] = {}

    def find(self, name: str, note: Path) -> Path | None:
        """Return the picture that a note means: seen from the note, from the vault, or by its name alone."""
        for candidate in dict.fromkeys((name, unquote(name))):
            for path in (note.parent / candidate, self._vault / candidate):
                if is_picture(path, self._vault):
                    return path
            found = self._by_name.get(Path(candidate).name.lower(), ())
            for path in sorted(found, key=lambda path: (len(path.parts), path)):
                if is_picture(path, self._vault):
                    return path
        return None

    def link(self, path: Path, deck: str) -> str:
        """Return the link to a picture's copy, which is named after its deck."""
        if path not in self._names:
            stem = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-")[:60] or "picture"
            begins = stem if stem.lower().startswith(deck) else f"{deck}-{stem}"
            self._names[path] = self._free(begins, path)
        return f"{PICTURES}/{self._names[path]}"

    def _free(self, name: str, path: Path) -> str:
        """Return a name that has this content, or none, in the target and among what is to be copied."""
        content, suffix = path.read_bytes(), path.suffix.lower()
        for candidate in (f"{name}{suffix}", f"{name}-{hash_of(content)}{suffix}"):
            there = self._target / PICTURES / candidate
            others = (other for other, taken in self._names.items() if taken == candidate)
            known = [there.read_bytes()] if there.is_file() else [other.read_bytes() for other in others]
            if all(content == other for other in known):
                break
        return candidate

    def copy(self, links: set[str]) -> None:
        """Copy the pictures that these links lead to, unless they are there."""
        for source, name in self._names.items():
            path = self._target / PICTURES / name
            if f"{PICTURES}/{name}" not in links or path.is_file():
                continue
            with as_file_error(path, "written"):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, source.read_bytes())
            self.written.append(path)

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = defaultdict(list)
        for path in note_files(self._vault, SUFFIXES):
            found[path.name.lower()].append(path)
        return found
