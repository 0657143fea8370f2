"""An index of what TOML files said when they were last read, so that a list reads only what changed since.

It is a cache: where it cannot be read or written, the files are read.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import __version__


class Cache:
    """Values by file; each holds for the time, size and number that its file had when it was read."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or _cache_folder() / f"catalog-{__version__}.json"
        self._known = _read(self._path)
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
        if not self._changed:
            return
        self._changed = False
        from ..errors import WorkspaceError
        from ..support.files import write_whole

        there = {name: known for name, known in self._known.items() if os.path.exists(name)}
        with contextlib.suppress(OSError, WorkspaceError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(there).encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _cache_folder() -> Path:
    home = os.environ.get("MLKATA_HOME")
    if home:
        return Path(home).expanduser().absolute() / "cache"
    if sys.platform == "linux":  # what platformdirs says, without the time that it takes to say it
        base = os.environ.get("XDG_CACHE_HOME", "")
        return Path(base if os.path.isabs(base) else os.path.expanduser("~/.cache"), "mlkata")
    from platformdirs import user_cache_path

    return user_cache_path("mlkata", appauthor=False)
