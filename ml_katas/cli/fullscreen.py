"""A terminal to draw pages on: the other screen, or lines one after the other."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from typing import Any

from .screen import usable_width


class Lines:
    """Output one after the other, for screen readers and pipes; keys work where there is a terminal."""

    is_full_screen = False

    def keys(self) -> list[int]:
        return [sys.stdin.fileno()] if sys.stdin.isatty() else []

    def key(self) -> str:
        return os.read(sys.stdin.fileno(), 1).decode("utf-8", "replace")

    def was_resized(self) -> bool:
        return False

    def draw(self, screen: Any, view: Any, keys: str) -> None:
        if isinstance(view, str):
            screen.say(view)
        else:
            screen.draw(view)
        screen.say(f"[{keys}]")
        sys.stdout.flush()

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        yield


class FullScreen(Lines):
    """The terminal's other screen, redrawn in one write; the scrollback stays as it was."""

    is_full_screen = True

    def __init__(self) -> None:
        self._size = shutil.get_terminal_size()

    def was_resized(self) -> bool:
        size, self._size = self._size, shutil.get_terminal_size()
        return size != self._size

    def draw(self, screen: Any, view: Any, keys: str) -> None:
        with screen.out.capture() as captured:
            screen.out.print(view)
        size = shutil.get_terminal_size()
        height = max(4, size.lines)
        lines = captured.get().rstrip("\n").split("\n")
        room = height - 2
        if len(lines) > room:
            more = f"  ... {len(lines) - room + 1} more lines: `mlkata check` shows them all"
            lines = [*lines[: room - 1], more]
        lines += [""] * (height - 1 - len(lines)) + [keys[: usable_width(size.columns) - 1]]
        sys.stdout.write("\x1b[?2026h\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J\x1b[?2026l")
        sys.stdout.flush()

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        with _left():
            yield


@contextlib.contextmanager
def opened_page(plain: bool) -> Iterator[Lines]:
    """Yield what to draw on; the terminal is as it was afterwards."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        yield Lines()
        return
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        if plain:
            yield Lines()
        else:
            with _entered():
                yield FullScreen()
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _entered() -> Iterator[None]:
    sys.stdout.write("\x1b[?1049h\x1b[?25l")
    sys.stdout.flush()
    try:
        yield
    finally:
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()


@contextlib.contextmanager
def _left() -> Iterator[None]:
    sys.stdout.write("\x1b[?25h\x1b[?1049l")
    sys.stdout.flush()
    try:
        yield
    finally:
        sys.stdout.write("\x1b[?1049h\x1b[?25l")
        sys.stdout.flush()
