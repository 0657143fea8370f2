"""`mlkata watch` and the signals of a terminal: whatever stops or ends it, the terminal is as it was."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml_katas.practice.watch import Mailbox, Saved, Saves
from tests.plugins.waiting import PATIENCE

MLKATA = [sys.executable, "-m", "ml_katas"]
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"

pytestmark = pytest.mark.usefixtures("warm")


class Watching:
    """`mlkata watch` as the one job of a shell, in a terminal of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        pid, self.fd = pty.fork()
        if pid == 0:
            os.chdir(folder)
            os.execvp("bash", ["bash", "--norc", "-i"])
        self.shell = pid
        self.seen = b""
        self.wait_for(lambda: b"ready$ " in self.seen)
        self.type(" ".join([*MLKATA, "watch", *words]) + "; echo code=$?\n")
        self.wait_for(lambda: ENTERED in self.seen and b"q quit" in self.seen and self.pid is not None)

    @property
    def pid(self) -> int | None:
        """The process of `mlkata watch`, which is the shell's only child."""
        children = Path(f"/proc/{self.shell}/task/{self.shell}/children").read_text().split()
        return int(children[0]) if children else None

    @property
    def was_left(self) -> bool:
        """Whether the other screen was left, and the cursor is shown."""
        return self.seen.rfind(LEFT) > self.seen.rfind(ENTERED) and b"\x1b[?25h" in self.seen

    @property
    def is_watching(self) -> bool:
        """Whether keys come one by one, unechoed, to the other screen."""
        flags = termios.tcgetattr(self.fd)[3]
        entered = self.seen.rfind(ENTERED) > self.seen.rfind(LEFT)
        return entered and not flags & (termios.ICANON | termios.ECHO)

    def type(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Read what comes until a condition holds."""
        until = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < until, f"it never held:\n{self.seen.decode(errors='replace')}"
            if select.select([self.fd], [], [], 0.05)[0]:
                self.seen += os.read(self.fd, 65536)

    def end(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
        os.kill(self.shell, signal.SIGKILL)
        os.waitpid(self.shell, 0)
        os.close(self.fd)


@pytest.fixture
def watching(
    tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Watching]]:
    """Return what starts `mlkata watch` in a workspace with `tiny-double` started."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setenv("MLKATA_PATH", str(course))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("PS1", "ready$ ")
    subprocess.run([*MLKATA, "start", "tiny-double"], cwd=folder, check=True, capture_output=True)
    opened: list[Watching] = []

    def start(*words: str) -> Watching:
        opened.append(Watching(folder, *words))
        return opened[-1]

    yield start
    for each in opened:
        each.end()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_that_ends_it(watching: Callable[..., Watching], name: str) -> None:
    """The other screen is left, the cursor is there, and the exit code says which signal it was."""
    terminal = watching()
    assert terminal.is_watching
    assert terminal.pid is not None
    os.kill(terminal.pid, getattr(signal, name))
    terminal.wait_for(lambda: f"code={128 + getattr(signal, name)}\r".encode() in terminal.seen)
    assert terminal.was_left
    terminal.type("stty -a | tr -d '\\n'; echo the e''nd\n")
    terminal.wait_for(lambda: b"the end" in terminal.seen)
    assert b" icanon " in terminal.seen


def test_stopped_and_resumed(watching: Callable[..., Watching]) -> None:
    """Ctrl-Z gives the terminal back to the shell; `fg` draws the page again, and keys answer."""
    terminal = watching()
    for _ in range(2):
        terminal.wait_for(lambda: terminal.is_watching)
        terminal.seen = b""
        terminal.type("\x1a")
        terminal.wait_for(lambda: b"ready$ " in terminal.seen and terminal.was_left)
        terminal.seen = b""
        terminal.type("fg\n")
        terminal.wait_for(lambda: terminal.is_watching and b"q quit" in terminal.seen)
    terminal.type("h")
    terminal.wait_for(lambda: b"hint 1 of" in terminal.seen or b"1 of 3" in terminal.seen)
    terminal.seen = b""
    terminal.type("q")
    terminal.wait_for(lambda: b"ready$ " in terminal.seen and terminal.was_left)


def test_continued_without_having_stopped_itself(watching: Callable[..., Watching]) -> None:
    """After SIGSTOP, which nothing can prepare for, SIGCONT draws the page again."""
    terminal = watching()
    assert terminal.pid is not None
    os.kill(terminal.pid, signal.SIGSTOP)
    terminal.wait_for(lambda: b"Stopped" in terminal.seen)
    terminal.seen = b""
    terminal.type("fg\n")
    terminal.wait_for(lambda: terminal.is_watching and b"q quit" in terminal.seen)


# -------- what is watched


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file in a folder of its own."""
    path = tmp_path / "folder" / "file.py"
    path.parent.mkdir()
    path.write_text("first")
    return path


def saved(mailbox: Mailbox, seconds: float = 30) -> bool:
    """Return whether a save is told of within so many seconds."""
    return bool(select.select([mailbox], [], [], seconds)[0]) and Saved() in list(mailbox.take())


def test_a_folder_that_is_replaced(file: Path) -> None:
    """When another folder takes the watched one's place, its saves are seen: at once, and from then on."""
    mailbox = Mailbox()
    with Saves(file, mailbox):
        file.write_text("second")
        assert saved(mailbox)
        for text in ("third", "fourth"):
            other = file.parent.with_name(text)
            other.mkdir()
            (other / file.name).write_text(text)
            file.parent.rename(file.parent.with_name(f"before-{text}"))
            other.rename(file.parent)
            assert saved(mailbox)
            file.write_text(text + " again")
            assert saved(mailbox)


def test_a_file_system_that_sends_no_events(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder's events never come, a save is seen all the same; where none can, too."""

    def silent(*_: object, stop_event: object, **__: object) -> Iterator[set[object]]:
        while not stop_event.wait(0.2):  # type: ignore[attr-defined]
            yield set()

    def failing(*_: object, **__: object) -> Iterator[set[object]]:
        raise RuntimeError("too many watches")

    for watch in (silent, failing):
        monkeypatch.setattr("watchfiles.watch", watch)
        mailbox = Mailbox()
        with Saves(file, mailbox):
            file.write_text(file.read_text() + "!")
            assert saved(mailbox)
            assert not saved(mailbox, seconds=2.5)
