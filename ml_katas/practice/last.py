"""The workspace that was used last, so that it is found again from another folder."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ..support.paths import config_folder

_FILE = "last-workspace"


def remember(workspace: Path) -> None:
    """Keep which workspace is used; where that cannot be written it is not known another time."""
    folder = config_folder()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        if recall() != workspace:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / _FILE).write_text(f"{workspace}\n", encoding="utf-8")


def recall() -> Path | None:
    """Return the workspace that was used last, if it is still there."""
    folder = config_folder()
    if folder is None:
        return None
    try:
        workspace = Path((folder / _FILE).read_text(encoding="utf-8").strip())
        return workspace if workspace.is_absolute() and (workspace / ".mlkata").is_dir() else None
    except (OSError, ValueError):
        return None
