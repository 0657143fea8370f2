"""A view that may be longer than the terminal: which part of it is shown."""

from __future__ import annotations

import shutil
import textwrap
from typing import Any

from .fullscreen import Lines
from .screen import usable_width


class Scroll:
    """What a page shows, from which line on."""

    def __init__(self, page: Lines) -> None:
        self._page = page
        self._top = 0
        self.hidden = 0  # lines below

    def reset(self) -> None:
        """Begin at the first line again."""
        self._top = 0

    def move(self, key: str) -> bool:
        """Return whether *key* scrolls; if so, scroll."""
        page = max(1, shutil.get_terminal_size().lines - 6)
        by = {"up": -1, "down": 1, "page up": -page, "page down": page, " ": page}.get(key)
        if by is None:
            return False
        self._top = max(0, self._top + min(by, self.hidden))
        return True

    def draw(self, screen: Any, view: Any, said: str, keys: str) -> None:
        """Show *view* above what is *said* of it and the *keys*."""
        lines = textwrap.wrap(
            said, usable_width(shutil.get_terminal_size().columns) - 1, break_on_hyphens=False
        )
        foot = "\n".join((*lines, keys))
        self.hidden = self._page.draw(screen, view, foot, top=self._top)
