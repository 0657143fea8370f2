"""Picture files that a card may bring along."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

SUFFIXES = (".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp")
LARGEST = 20 * 1024 * 1024


def is_on_the_web(target: str) -> bool:
    """Return whether a picture is loaded from elsewhere."""
    return target.startswith(("http://", "https://"))


def picture_file(target: str, folder: Path) -> Path | None:
    """Return the file that *target* names, seen from *folder* and inside of it, or None."""
    path = folder / unquote(target)
    return path if is_picture(path, folder) else None


def is_picture(path: Path, root: Path) -> bool:
    """Return whether there is a picture at *path* that can be copied, and no link leads out of *root*."""
    try:
        whole = path.resolve()
        inside = whole.is_relative_to(root.resolve()) and whole.is_file()
        return inside and path.suffix.lower() in SUFFIXES and whole.stat().st_size <= LARGEST
    except (OSError, ValueError):
        return False
