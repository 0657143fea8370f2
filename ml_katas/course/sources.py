"""Sources of katas: where they are looked for, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __file__ as package_file
from ..errors import UsageError

if TYPE_CHECKING:
    pass


_PACKAGE = Path(package_file).resolve().parent


def bundled(name: str) -> Path | None:
    """Return the folder `katas` or `templates` of the installed wheel, or of the checkout."""
    return next((path for path in (_PACKAGE / name, _PACKAGE.parent / name) if path.is_dir()), None)


def folders_of_variable() -> tuple[Path, ...]:
    """Return the folders that MLKATA_PATH names, in its order."""
    return tuple(Path(part) for part in os.environ.get("MLKATA_PATH", "").split(os.pathsep) if part)


def kata_folders(source: Path) -> Iterator[Path]:
    with os.scandir(source) as children:
        found = sorted((c.name, c.path) for c in children if c.name[0] not in "._" and c.is_dir())
    for name, path in found:
        if any(os.path.exists(f"{path}/{file}") for file in ("kata.toml", "suite.py", "starter.py.j2")):
            yield source / name


def refuse_odd_source(path: Path, origin: str) -> None:
    problem = problem_of_source(path, origin)
    if problem:
        raise problem


def problem_of_source(path: Path, origin: str) -> UsageError | None:
    says = f"{origin} names {path}"
    if not path.is_dir():
        return UsageError(f"{says}, which is not a folder.", "Name a folder that holds katas.")
    if (path / "kata.toml").exists():
        return UsageError(f"{says}, which is itself a kata.", f"Name the folder above it: {path.parent}")
    try:
        os.scandir(path).close()
    except OSError as error:
        return UsageError(f"{says}: {error.strerror}.", "Name a folder that you can read.")
    return None


def distinct(paths: Iterable[Path | None]) -> tuple[Path, ...]:
    by_place: dict[Path, Path] = {}
    for path in paths:
        if path:
            by_place.setdefault(path.resolve(), path)
    return tuple(by_place.values())
