"""A terminal to draw pages on: the other screen, or lines one after the other."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from typing import Any

from .screen import usable_width

MORE = "`mlkata check` shows them all"
_KEY = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|.", re.DOTALL)
_NAMES = {
    "\x1b[A": "up", "\x1bOA": "up", "\x1b[B": "down", "\x1bOB": "down",
    "\x1b[5~": "page up", "\x1b[6~": "page down",
}  # fmt: skip


def named_keys(typed: str) -> list[str]:
    """Return the keys in what a terminal sent: characters, and other keys by name or as `other`."""
    return [_NAMES.get(key, "other" if len(key) > 1 else key) for key in _KEY.findall(typed)]


class Lines:
    """Output one after the other, for screen readers and pipes; keys work where there is a terminal."""

    is_full_screen = False

    def keys(self) -> list[int]:
        return [sys.stdin.fileno()] if sys.stdin.isatty() else []

    def key(self) -> str:
        return os.read(sys.stdin.fileno(), 1).decode("utf-8", "replace")

    def was_resized(self) -> bool:
        return False

    def pressed(self) -> list[str]:
        """Return the keys that were pressed, `down` and the like by name; nothing at the end of input."""
        return named_keys(os.read(sys.stdin.fileno(), 1024).decode("utf-8", "replace"))

    def draw(self, screen: Any, view: Any, keys: str, *, top: int = 0, more: str = MORE) -> int:
        """Show *view* from the line *top* on, above *keys*; return how many lines are hidden below.

        *more* says how to see those.
        """
        if isinstance(view, str):
            screen.say(view)
        else:
            screen.draw(view)
        screen.say(f"[{keys}]")
        sys.stdout.flush()
        return 0

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

    def draw(self, screen: Any, view: Any, keys: str, *, top: int = 0, more: str = MORE) -> int:
        with screen.out.capture() as captured:
            screen.out.print(view)
        size = shutil.get_terminal_size()
        width, height = usable_width(size.columns), size.lines
        foot = [line[: width - 1] for line in keys.split("\n")]
        room = max(2, height - 1 - len(foot))
        whole = captured.get().rstrip("\n").split("\n")
        lines = whole[max(0, min(top, len(whole) - room)) :]
        hidden = max(0, len(lines) - room)
        if hidden:
            hidden += 1
            lines = [*lines[: room - 1], f"  ... {hidden} more lines: {more}"[: width - 1]]
        lines += [""] * (room + 1 - len(lines)) + foot
        sys.stdout.write("\x1b[?2026h\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J\x1b[?2026l")
        sys.stdout.flush()
        return hidden

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
