"""`mlkata watch` and `mlkata replay`, in a terminal of their own."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

MLKATA = [sys.executable, "-m", "ml_katas"]
PATIENCE = 120.0  # a safety net
RIGHT = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    print('seen', x)\n    return x + boom\n"


@pytest.fixture
def work(warm: None, tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace with `tiny-double` started; a server judges."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("MLKATA_PATH", str(course))
    monkeypatch.setenv("TERM", "xterm")
    subprocess.run([*MLKATA, "start", "tiny-double"], cwd=work, check=True, capture_output=True)
    return work


class Terminal:
    """A program in a pseudo-terminal: what it wrote so far, and keys to press."""

    def __init__(self, command: list[str], cwd: Path) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command, cwd=cwd, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until the program has written *text* since the last time."""
        until = time.monotonic() + seconds
        while text not in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.seen):
            assert time.monotonic() < until, f"{text!r} never came:\n{self.seen}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536).decode("utf-8", "replace")
        self.seen = ""

    def press(self, key: str) -> None:
        os.write(self.master, key.encode())


@pytest.fixture
def watching(work: Path) -> Iterator[Terminal]:
    """Return a terminal in which `mlkata watch` runs."""
    terminal = Terminal([*MLKATA, "watch"], work)
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    os.close(terminal.master)


def test_every_save_is_judged(work: Path, watching: Terminal) -> None:
    """A save in place, a save through a rename and a burst of saves each end with the newest verdict."""
    file = work / "tiny_double.py"
    watching.wait_for("This is still the starter")
    file.write_text(WRONG)
    watching.wait_for("boom")
    draft = work / "draft"
    draft.write_text(RIGHT)
    draft.rename(file)
    watching.wait_for("Solved")
    for text in (WRONG, RIGHT, WRONG, RIGHT, WRONG):
        file.write_text(text)
    watching.wait_for("boom")


def test_keys(work: Path, watching: Terminal) -> None:
    """h shows a hint, s the brief, q quits and gives the terminal back."""
    watching.wait_for("This is still the starter")
    watching.press("h")
    watching.wait_for("hint 1 of")
    watching.press("s")
    watching.wait_for("Description")
    watching.press("q")
    watching.wait_for("still the starter")
    assert watching.process.wait(PATIENCE) == 0


def test_replay_makes_the_failing_calls_again(work: Path) -> None:
    """`mlkata replay` shows the call, what the code prints and where it raises, and no line of the suite."""
    (work / "tiny_double.py").write_text(WRONG)
    done = subprocess.run([*MLKATA, "replay"], cwd=work, capture_output=True, text=True, check=False)
    assert "▸ call 1: double(" in done.stdout
    assert "seen 1" in done.stdout
    assert "✗ NameError: name 'boom' is not defined" in done.stdout
    assert "line 3, in double" in done.stdout + done.stderr
    assert "def test_" not in done.stdout + done.stderr


def test_replay_shows_the_numbers_and_what_was_expected(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each tensor is printed under its name, passed or returned, and the failure stands at the end."""
    monkeypatch.delenv("MLKATA_PATH")
    subprocess.run([*MLKATA, "start", "num-softmax"], cwd=work, check=True, capture_output=True)
    (work / "num_softmax.py").write_text("def softmax(x, dim=-1):\n    return 2 * x\n")
    done = subprocess.run([*MLKATA, "replay"], cwd=work, capture_output=True, text=True, check=False)
    assert "    argument 1 = tensor(" in done.stdout
    assert "    returned = tensor(" in done.stdout
    assert "expected" in done.stdout.split("returned = tensor(")[-1]


def test_replay_of_a_pass_says_so(work: Path) -> None:
    """Where every check passes there is nothing to replay."""
    (work / "tiny_double.py").write_text(RIGHT)
    done = subprocess.run([*MLKATA, "replay"], cwd=work, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[-2]) == (
        2,
        "mlkata: Every check passes; there is nothing to replay.",
    )
