"""What stands where in a real terminal: tmux, its screen, its scrollback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MLKATA = [sys.executable, "-m", "ml_katas"]
RIGHT = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return x + 1\n"


class Tmux:
    """One window of a tmux server of its own."""

    def __init__(self, folder: Path, columns: int) -> None:
        self._socket = str(folder / "tmux")
        self._run("new-session", "-d", "-x", str(columns), "-y", "24", "-c", str(folder), "sh")
        self.type("PS1='$ '", "Enter")

    def _run(self, *words: str) -> str:
        command = ["tmux", "-S", self._socket, "-f", "/dev/null", *words]
        # Named, since readline puts the size of another terminal into the one that is inherited.
        environment = {name: os.environ[name] for name in os.environ if name not in ("COLUMNS", "LINES")}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def type(self, *keys: str) -> None:
        """Press keys, as `tmux send-keys` names them."""
        self._run("send-keys", *keys)

    def screen(self, lines_above: int = 0) -> str:
        """Return what is shown, and so many lines of the scrollback."""
        return self._run("capture-pane", "-p", "-S", str(-lines_above))

    def wait_for(self, *texts: str, seconds: float = 120) -> str:
        """Wait until the screen shows all *texts*."""
        until = time.monotonic() + seconds
        while not all(text in (screen := self.screen()) for text in texts):
            assert time.monotonic() < until, f"{texts} never came:\n{screen}"
            time.sleep(0.05)
        return screen

    def end(self) -> None:
        self._run("kill-server")


@pytest.fixture
def tmux(
    warm: None, tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[int], Tmux]]:
    """Return what opens a terminal of so many columns in a workspace with `tiny-double` started."""
    assert shutil.which("tmux"), "these tests need tmux: apt install tmux"
    monkeypatch.setenv("MLKATA_PATH", str(course))
    monkeypatch.setenv("MLKATA_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    subprocess.run([*MLKATA, "start", "tiny-double"], cwd=tmp_path, check=True, capture_output=True)
    opened: list[Tmux] = []

    def open_terminal(columns: int) -> Tmux:
        opened.append(Tmux(tmp_path, columns))
        return opened[-1]

    yield open_terminal
    for terminal in opened:
        terminal.end()


def watch(terminal: Tmux) -> None:
    terminal.type(" ".join([*MLKATA, "watch"]), "Enter")


def test_saves_keys_and_the_scrollback(tmux: Callable[[int], Tmux], tmp_path: Path) -> None:
    """Saves are judged, also through a rename; keys answer; what was there before still is."""
    terminal, file = tmux(80), tmp_path / "tiny_double.py"
    terminal.type("echo before the watch", "Enter")
    watch(terminal)
    terminal.wait_for("wait for your code", "q quit")
    file.write_text(WRONG)
    terminal.wait_for("✗ The double of a negative number", "q quit")
    terminal.type("h")
    terminal.wait_for("1 of 3")
    draft = tmp_path / ".draft"
    draft.write_text(RIGHT)
    draft.replace(file)
    terminal.wait_for("Solved: all 2 checks pass.")
    terminal.type("q")
    left = terminal.wait_for("$ ", "Solved")
    assert "before the watch" in terminal.screen(lines_above=100)
    assert "q quit" not in left


def test_a_file_that_is_gone_is_said_to_be(tmux: Callable[[int], Tmux], tmp_path: Path) -> None:
    """A file that is deleted or moved away is said to be gone, and judged when it is back."""
    terminal, file = tmux(80), tmp_path / "tiny_double.py"
    watch(terminal)
    terminal.wait_for("wait for your code")
    file.rename(tmp_path / "elsewhere")
    terminal.wait_for("tiny_double.py is gone")
    file.write_text(RIGHT)
    terminal.wait_for("Solved: all 2 checks pass.")
    assert "is gone" not in terminal.screen()


def test_pages_beside_the_verdict(
    tmux: Callable[[int], Tmux], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Help and the list are a key away and v goes back; that there is no editor is said, and no end."""
    monkeypatch.setenv("MLKATA_EDITOR", "no-such")
    terminal, file = tmux(80), tmp_path / "tiny_double.py"
    watch(terminal)
    terminal.wait_for("wait for your code")
    file.write_text(WRONG)
    terminal.wait_for("✗ The double of a negative number")
    terminal.type("?")
    terminal.wait_for("back to the verdict")
    terminal.type("l")
    terminal.wait_for("tiny-double", "v verdict")
    terminal.type("v")
    terminal.wait_for("✗ The double of a negative number")
    terminal.type("o")
    terminal.wait_for("no editor called 'no-such'", "✗ The double of a negative number")


def test_begin_again_from_the_starter(tmux: Callable[[int], Tmux], tmp_path: Path) -> None:
    """x asks first; then the starter is there again, and what was written is kept."""
    terminal, file = tmux(80), tmp_path / "tiny_double.py"
    watch(terminal)
    terminal.wait_for("wait for your code")
    file.write_text(WRONG)
    terminal.wait_for("✗ The double of a negative number")
    terminal.type("x")
    terminal.wait_for("Begin again from the starter?")
    terminal.type("n")
    terminal.wait_for("x reset")
    assert file.read_text() == WRONG
    terminal.type("x")
    terminal.wait_for("Begin again from the starter?")
    terminal.type("y")
    terminal.wait_for("This is still the starter")
    assert "NotImplementedError" in file.read_text()
    subprocess.run([*MLKATA, "restore", "tiny-double"], cwd=tmp_path, check=True, capture_output=True)
    assert file.read_text() == WRONG


def test_a_question_that_is_gone_is_not_answered(tmux: Callable[[int], Tmux], tmp_path: Path) -> None:
    """A save in between takes the question of x away: y does nothing, other keys work at once."""
    terminal, file = tmux(80), tmp_path / "tiny_double.py"
    watch(terminal)
    terminal.wait_for("wait for your code")
    terminal.type("x")
    terminal.wait_for("Begin again from the starter?")
    file.write_text(RIGHT)
    terminal.wait_for("Solved")
    terminal.type("y")
    terminal.type("s")
    terminal.wait_for("Description")
    assert file.read_text() == RIGHT


def test_the_newest_of_many_saves_wins(tmux: Callable[[int], Tmux], tmp_path: Path) -> None:
    """After a burst of saves the screen shows the verdict of the last one."""
    terminal, file = tmux(80), tmp_path / "tiny_double.py"
    watch(terminal)
    terminal.wait_for("wait for your code")
    for number in range(12):
        file.write_text(WRONG + f"# {number}\n")
        time.sleep(0.03)
    file.write_text(RIGHT)
    terminal.wait_for("Solved: all 2 checks pass.")
    time.sleep(1)
    assert "Solved: all 2 checks pass." in terminal.screen()


def test_forty_columns_are_enough(tmux: Callable[[int], Tmux], tmp_path: Path) -> None:
    """No line is broken by the terminal, and the keys are there."""
    terminal = tmux(40)
    watch(terminal)
    screen = terminal.wait_for("wait for your code", "h hint")
    assert max(map(len, screen.splitlines())) <= 40
    assert screen.rstrip().splitlines()[-1] == "h hint · s brief · ? help · q quit"


def test_a_suite_that_is_edited_meanwhile_is_read_again(
    tmux: Callable[[int], Tmux], tmp_path: Path, course: Path
) -> None:
    """The judge that waits for the next save has read the suite; when that changed, another one judges."""
    terminal, file, suite = tmux(80), tmp_path / "tiny_double.py", course / "tiny-double" / "suite.py"
    file.write_text(RIGHT)
    watch(terminal)
    terminal.wait_for("Solved: all 2 checks pass.", "2 passed")
    time.sleep(1)
    suite.write_text(suite.read_text().replace("The double of 1 is 2", "Twice 1 is 2"))
    file.write_text("def double(x):\n    return x\n")
    terminal.wait_for("Twice 1 is 2")


def test_a_long_brief_is_leafed_through(tmux: Callable[[int], Tmux], course: Path) -> None:
    """A brief that is longer than the terminal comes in a pager; a short one is just there."""
    brief = course / "tiny-double" / "README.md"
    terminal = tmux(80)
    terminal.type("PAGER='less -P leafing' ", " ".join([*MLKATA, "show"]), "Enter")
    terminal.wait_for("What is verified", "$ ")
    brief.write_text(brief.read_text() + "\n".join(f"\nLine {n} of many." for n in range(60)))
    terminal.type("clear; PAGER='less -P leafing' ", " ".join([*MLKATA, "show"]), "Enter")
    terminal.wait_for("leafing")
    terminal.type("q")


def test_a_verdict_that_has_scrolled_away_is_said_again(tmux: Callable[[int], Tmux], tmp_path: Path) -> None:
    """Where a report is taller than the terminal its first line comes once more at the end, else not."""
    terminal = tmux(40)
    for body, times in (("    for n in range(40):\n        print(n)\n", 2), ("", 1)):
        (tmp_path / "tiny_double.py").write_text(f"def double(x):\n{body}    return x + 1\n")
        terminal.type("clear; tmux clear-history; ", " ".join([*MLKATA, "check"]), "; echo over", "Enter")
        terminal.wait_for("\nover")
        assert "Failed  tiny-double" in terminal.screen()
        assert terminal.screen(100).count("Failed  tiny-double") == times


def test_the_demo_waits(tmux: Callable[[int], Tmux]) -> None:
    """On a terminal the demo waits for Enter between its steps."""
    terminal = tmux(80)
    terminal.type(" ".join([*MLKATA, "demo", "tiny-double"]), "Enter")
    terminal.wait_for("Enter goes on")
    assert "Your turn" not in terminal.screen(lines_above=200)
    terminal.type("Enter")
    terminal.wait_for("Enter goes on")
    terminal.type("Enter")
    terminal.wait_for("Your turn")
