"""An index of what files said when they were last read, so that a list reads only what changed since.

It is a cache: where it cannot be read or written, the files are read.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import __version__
from ..support.paths import cache_folder

_FORMAT = 3  # grows when what is stored of a file changes


class Cache:
    """Values by file; each holds for the time, size and number that its file had when it was read."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or cache_file("catalog")
        self._known = _read(self._path) if self._path else {}
        self._changed = False

    def value(self, file: Path, read: Callable[[], Any]) -> Any:
        """Return what *read* makes of *file*, as JSON would; it is called where the file changed since."""
        name = os.path.abspath(file)
        try:
            found = os.stat(name)
        except OSError:
            return read()
        seen = [found.st_mtime_ns, found.st_size, found.st_ino]
        known = self._known.get(name)
        if isinstance(known, list) and len(known) == 2 and known[0] == seen:
            return known[1]
        value = read()
        self._known[name] = [seen, value]
        self._changed = True
        return value

    def save(self) -> None:
        """Write what is new, if anything is, and leave out files that are gone."""
        if not self._changed or self._path is None:
            return
        self._changed = False
        from ..errors import WorkspaceError
        from ..support.files import write_whole

        there = {name: known for name, known in self._known.items() if os.path.exists(name)}
        with contextlib.suppress(OSError, WorkspaceError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(there).encode())


def cache_file(name: str) -> Path | None:
    """Return the file that keeps what this version of mlkata knows of *name*; None where there is no home."""
    folder = cache_folder()
    return folder and folder / f"{name}-{__version__}-{_FORMAT}.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}
