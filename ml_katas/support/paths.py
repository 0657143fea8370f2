"""The folders of a person: where their settings and caches lie; without a home there is neither."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..errors import WorkspaceError

_MANY = 20


def home() -> Path | None:
    """Return the user's home, or None where neither HOME nor the system knows one."""
    found = os.path.expanduser("~")
    return Path(found) if os.path.isabs(found) else None


def config_folder() -> Path | None:
    """Return where the user's settings are; MLKATA_HOME overrides it."""
    named = os.environ.get("MLKATA_HOME")
    if named:
        return Path(os.path.expanduser(named)).absolute()
    if sys.platform == "linux":  # what platformdirs says, without the 12 ms that it takes to say it
        base = os.environ.get("XDG_CONFIG_HOME", "").strip()
        return _below_home(base, ".config")
    from platformdirs import user_config_path

    return user_config_path("mlkata", appauthor=False) if home() else None


def cache_folder() -> Path | None:
    """Return where what can be made again is kept; MLKATA_HOME overrides it."""
    named = os.environ.get("MLKATA_HOME")
    if named:
        return Path(os.path.expanduser(named)).absolute() / "cache"
    if sys.platform == "linux":
        base = os.environ.get("XDG_CACHE_HOME", "")
        return _below_home(base if os.path.isabs(base) else "", ".cache")
    from platformdirs import user_cache_path

    return user_cache_path("mlkata", appauthor=False) if home() else None


def current_folder() -> Path:
    """Return the folder that the command runs in, or raise WorkspaceError where it is gone."""
    try:
        return Path.cwd()
    except OSError:
        says = "The current folder no longer exists, or may not be entered."
        raise WorkspaceError(says, "Change to another one: `cd` leads home.") from None


def _below_home(base: str, name: str) -> Path | None:
    base = os.path.expanduser(base)
    if base and not base.startswith("~"):
        return Path(base, "mlkata")
    folder = home()
    return folder and folder / name / "mlkata"


def is_crowded(folder: Path) -> bool:
    """Return whether a folder is no place for work of one kind: a home, a root, or full of other things."""
    return folder in (home(), folder.parent) or len(os.listdir(folder)) > _MANY
