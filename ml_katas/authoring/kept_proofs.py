"""Proofs that are kept: what was proven need not be proven again while nothing that counts has changed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from .. import __file__ as package_file
from ..course.kata import Kata
from ..judging.launch import torch_file
from ..support.files import write_whole
from ..support.paths import cache_folder

_FILE = "proofs.json"
_MOST = 1_000


class KeptProofs:
    """Digests of katas that were proven whole, by the engine, Python and PyTorch of this environment."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or cache_folder()
        self._path = folder and folder / _FILE
        modules = _contents(Path(package_file).parent, ".py")
        self._engine = _digest([sys.version.encode(), *modules, *_torch()])

    def holds(self, kata: Kata, foundation: Sequence[Kata] = ()) -> bool:
        """Return whether this kata was proven as it is now, on the foundation that it has now."""
        return self._key(kata, foundation) in self._known()

    def add(self, kata: Kata, foundation: Sequence[Kata] = ()) -> None:
        """Remember that this kata is proven; where that cannot be written, it is proven again next time."""
        if self._path is None:
            return
        new = self._key(kata, foundation)
        known = [*(key for key in self._known() if key != new), new]
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(known[-_MOST:]).encode())

    def _known(self) -> list[str]:
        with contextlib.suppress(OSError, ValueError):
            known = json.loads(self._path.read_text(encoding="utf-8")) if self._path else []
            return [key for key in known if isinstance(key, str)] if isinstance(known, list) else []
        return []

    def _key(self, kata: Kata, foundation: Sequence[Kata]) -> str:
        solutions = [below.solution.read_bytes() for below in foundation]
        return _digest([self._engine.encode(), kata.slug.encode(), *_contents(kata.folder), *solutions])


def _contents(folder: Path, ending: str = "") -> Iterable[bytes]:
    """Yield names and bytes of all files in a folder, in order."""
    for path in sorted(folder.rglob(f"*{ending}")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(folder)).encode()
            yield path.read_bytes()


def _torch() -> Iterable[bytes]:
    torch = torch_file()
    if torch is not None:
        found = os.stat(torch.parent / "version.py")
        yield f"{torch} {found.st_mtime_ns} {found.st_size}".encode()


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()
