"""Sources of katas: where they are looked for, and in which order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from .. import __file__ as package_file
from ..errors import UsageError
from ..support.records import record

_PACKAGE = Path(package_file).resolve().parent


@record
class Given:
    """What the command line, the environment and the configuration say of katas."""

    flag: Path | None
    environ: Mapping[str, str]
    setting: Path | None


@record
class KataSource:
    """A way to say where katas are: its name in messages, and the folders that it leads to.

    A folder that cannot be searched is an error of a strict source, of another one a problem to report.
    """

    name: str
    folders: Callable[[Given], Iterable[Path | None]]
    is_strict: bool = False


# The first that has a kata of some name wins. A new source, such as installed packs, is one more line.
SOURCES = (
    KataSource("--katas", lambda given: [given.flag], is_strict=True),
    KataSource("MLKATA_PATH", lambda given: folders_of_variable(given.environ)),
    KataSource("The setting 'katas'", lambda given: [] if _has_variable(given) else [given.setting]),
    KataSource("The bundled course", lambda given: [bundled_course()]),
)


def find_sources(given: Given) -> tuple[tuple[Path, ...], tuple[UsageError, ...]]:
    """Return the folders of all sources, each once, and what is wrong with the others."""
    folders: dict[Path, Path] = {}
    problems = []
    for source in SOURCES:
        for folder in filter(None, source.folders(given)):
            problem = _problem_of(folder, source.name)
            if problem and source.is_strict:
                raise problem
            if problem:
                problems.append(problem)
            else:
                folders.setdefault(folder.resolve(), folder)
    return tuple(folders.values()), tuple(problems)


def folders_of_variable(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders that MLKATA_PATH names, in its order."""
    return tuple(Path(part) for part in environ.get("MLKATA_PATH", "").split(os.pathsep) if part)


def bundled(name: str) -> Path | None:
    """Return the folder `katas`, `decks` or `templates` of the installed wheel, or of the checkout."""
    return next((path for path in (_PACKAGE / name, _PACKAGE.parent / name) if path.is_dir()), None)


def bundled_course() -> Path | None:
    """Return the folder of the katas that come with ml_katas."""
    return bundled("katas")


def bundled_decks() -> Path | None:
    """Return the folder of the paper decks that come with ml_katas."""
    return bundled("decks")


def kata_folders(source: Path) -> Iterator[Path]:
    """Yield the folders in *source* that hold a kata, or what is left of one, by name."""
    with os.scandir(source) as children:
        found = sorted((c.name, c.path) for c in children if c.name[0] not in "._" and c.is_dir())
    for name, path in found:
        if any(os.path.exists(f"{path}/{file}") for file in ("kata.toml", "suite.py", "starter.py.j2")):
            yield source / name


def _has_variable(given: Given) -> bool:
    return bool(folders_of_variable(given.environ))


def _problem_of(path: Path, origin: str) -> UsageError | None:
    """Return why a folder that *origin* names cannot be searched for katas."""
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
