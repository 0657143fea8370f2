"""A terminal to draw pages on: the other screen, or lines one after the other."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from typing import Any

from .screen import usable_width
from .signals import handling, unwinding

# The other screen, no cursor, and a wheel that sends arrows.
_ENTER, _LEAVE = b"\x1b[?1049h\x1b[?1007h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"

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

    def needs_redraw(self) -> bool:
        return False

    def pressed(self) -> list[str]:
        """Return the keys that were pressed, `down` and the like by name; nothing at the end of input."""
        return named_keys(_typed(1024))

    def draw(self, screen: Any, view: Any, keys: str, *, top: int = 0) -> int:
        """Show *view* from the line *top* on, above *keys*; return how many lines are hidden below."""
        if isinstance(view, str):
            screen.say(view)
        else:
            screen.draw(view)
        screen.say(f"[{keys.splitlines()[-1]}]")
        sys.stdout.flush()
        return 0

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        yield


def _typed(most: int) -> str:
    """Return what was typed; nothing at the end of input, as where the terminal is gone."""
    try:
        return os.read(sys.stdin.fileno(), most).decode("utf-8", "replace")
    except OSError:
        return ""


class TerminalLines(Lines):
    """Output one after the other on a terminal that gives its keys at once."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        with self._terminal.lent():
            yield


class FullScreen(TerminalLines):
    """The terminal's other screen, redrawn in one write; the scrollback stays as it was."""

    is_full_screen = True

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(terminal)
        self._size = shutil.get_terminal_size()

    def needs_redraw(self) -> bool:
        """Return whether the size changed, or the terminal was another program's meanwhile."""
        size, self._size = self._size, shutil.get_terminal_size()
        return self._terminal.was_taken_again() or size != self._size

    def draw(self, screen: Any, view: Any, keys: str, *, top: int = 0) -> int:
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
            lines = [*lines[: room - 1], f"  ... {hidden} more lines: space scrolls"[: width - 1]]
        lines += [""] * (room + 1 - len(lines)) + foot
        sys.stdout.write("\x1b[?2026h\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J\x1b[?2026l")
        sys.stdout.flush()
        return hidden


class Terminal:
    """The terminal as a page needs it, and as it was: given back whenever this program stops or ends."""

    def __init__(self, *, other_screen: bool) -> None:
        import termios

        self._other_screen = other_screen
        self._before = termios.tcgetattr(sys.stdin)
        self._is_taken = self._is_lent = False
        self._was_taken = False

    def take(self) -> None:
        """Have keys come one by one, and show the other screen where it is wanted."""
        import termios
        import tty

        if self._is_lent:
            return
        with contextlib.suppress(termios.error, OSError):  # it may be gone, or another program's just now
            tty.setcbreak(sys.stdin)
            self._write(_ENTER)
        self._is_taken = self._was_taken = True

    def give_back(self) -> None:
        """Leave the terminal as it was."""
        import termios

        if not self._is_taken:
            return
        self._is_taken = False
        with contextlib.suppress(termios.error, OSError):
            self._write(_LEAVE)
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Leave the terminal to another program."""
        self.give_back()
        self._is_lent = True
        try:
            yield
        finally:
            self._is_lent = False
            self.take()

    def was_taken_again(self) -> bool:
        """Return whether it was taken since this was last asked."""
        was, self._was_taken = self._was_taken, False
        return was

    def stop(self, number: int, _: object) -> None:
        """Stop this program, as Ctrl-Z asks for, without the terminal; take that when it goes on."""
        self.give_back()
        with handling(signal.SIGTSTP, signal.SIG_DFL):  # type: ignore[arg-type]
            os.kill(os.getpid(), number)
        self.take()

    def _write(self, sequence: bytes) -> None:
        if self._other_screen:
            os.write(sys.stdout.fileno(), sequence)  # not by way of a buffer that a signal interrupts


@contextlib.contextmanager
def opened_page(plain: bool) -> Iterator[Lines]:
    """Yield what to draw on; the terminal is as it was afterwards, whatever ends this program."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        with unwinding():
            yield Lines()
        return
    terminal = Terminal(other_screen=not plain)
    with (
        unwinding(terminal.give_back),
        handling(signal.SIGTSTP, terminal.stop),
        handling(signal.SIGCONT, lambda *_: terminal.take()),
    ):
        terminal.take()
        terminal.was_taken_again()
        try:
            yield TerminalLines(terminal) if plain else FullScreen(terminal)
        finally:
            terminal.give_back()
