"""`mlkata review` on whole screens, in a real terminal: keys, narrow windows, kills, two windows, a month."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.test_watch_in_tmux import MLKATA, Tmux
from tests.plugins.waiting import wait_for

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
OVERVIEW = "Draw an overview"
ANY_KEY = "any key: the answer"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder where nothing was ever started, with the project's own decks."""
    assert shutil.which("tmux"), "these tests need tmux: apt install tmux"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("MLKATA_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("MLKATA_NOW", START.isoformat())
    return tmp_path


@pytest.fixture
def tmux(workspace: Path) -> Iterator[Callable[[int], Tmux]]:
    """Return what opens a terminal of so many columns in the workspace."""
    opened: list[Tmux] = []

    def open_terminal(columns: int) -> Tmux:
        folder = workspace / f"window-{len(opened)}"
        folder.mkdir()
        opened.append(Tmux(folder, columns))
        return opened[-1]

    yield open_terminal
    for terminal in opened:
        terminal.end()


def review(terminal: Tmux, *options: str, at: datetime = START) -> None:
    terminal.type(f"MLKATA_NOW={at.isoformat()} {' '.join([*MLKATA, 'review', *options])}", "Enter")


def asks(terminal: Tmux) -> bool:
    """Wait for a question or for the end, and return whether it is a question."""
    screen = ""

    def is_there() -> bool:
        nonlocal screen
        screen = terminal.screen()
        return ANY_KEY in screen or "reviewed:" in screen

    wait_for(is_there)
    return ANY_KEY in screen


def rows(workspace: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(workspace / ".mlkata" / "progress.db") as db:
        return db.execute(query).fetchall()


def test_one_key_after_the_other(tmux: Callable[[int], Tmux], workspace: Path) -> None:
    """Any key shows the answer, space scrolls it, a digit rates, u takes back, s suspends, q leaves."""
    terminal = tmux(80)
    terminal.type("echo before the review", "Enter")
    review(terminal)
    terminal.wait_for(OVERVIEW, "10 left", ANY_KEY)
    terminal.type("x")
    terminal.wait_for("│ gating  │", "1 again 1 min", "4 easy 8 days, 10 Mar", "more lines: space scrolls")
    terminal.type("Space")
    terminal.wait_for("Computation is saved, memory is not")
    terminal.type("Down")  # an arrow is no rating
    terminal.type("4")
    terminal.wait_for("What is the softmax gate", "9 left")
    assert rows(workspace, "SELECT item, rating FROM reviews") == [("sparsely-gated-moe/overview", 4)]
    terminal.type("u")
    terminal.wait_for(OVERVIEW, "sparsely-gated-moe/overview is asked again.", "10 left")
    terminal.type("s")
    terminal.wait_for("What is the softmax gate", "is suspended; u takes that back.")
    terminal.type("x", "g")
    terminal.wait_for("Draw the noisy top-k gate")
    terminal.type("?")
    terminal.wait_for("3 or g   good: right", "any key goes back")
    terminal.type("x", "q")
    left = terminal.wait_for("1 card reviewed: 1 good.", "9 left; `mlkata review` goes on with them.", "$ ")
    assert "before the review" in left
    assert ANY_KEY not in left


def test_editing_makes_a_card_ones_own(tmux: Callable[[int], Tmux], workspace: Path) -> None:
    """e opens a copy in the learner's editor; an unchanged one vanishes, a broken one is said."""
    editor = workspace / "editor"
    editor.write_text('#!/bin/sh\necho "$2" >> edited\n[ -f change ] && sh change "$2"\n:\n')
    editor.chmod(0o755)
    vim = editor.rename(workspace / "vim")  # it takes +LINE FILE
    terminal, own = tmux(80), workspace / "decks" / "sparsely-gated-moe.md"
    terminal.type(f"cd ..; export EDITOR={vim}", "Enter")
    review(terminal)
    terminal.wait_for(OVERVIEW)
    terminal.type("e")
    terminal.wait_for("Nothing was changed.")
    assert (workspace / "edited").read_text() == f"{own}\n"
    assert not own.exists()
    (workspace / "change").write_text('sed -i "s/Draw an overview/Sketch the whole/" "$1"\n')
    terminal.type("e")
    terminal.wait_for("Sketch the whole of the Sparsely-Gated", "overview is now your own, in")
    assert (workspace / "decks" / "drawings" / "sparsely-gated-moe-overview.svg").is_file()
    terminal.type("x", "4")
    terminal.wait_for("What is the softmax gate")
    assert rows(workspace, "SELECT item FROM memories") == [("sparsely-gated-moe/overview",)]
    (workspace / "change").write_text('echo "## half a card" >> "$1"\n')
    terminal.type("e")
    terminal.wait_for("below its question a card needs a line such as", "What is the softmax gate")
    terminal.type("q")
    terminal.wait_for("1 card reviewed: 1 easy.")


def test_forty_columns_are_enough(tmux: Callable[[int], Tmux], workspace: Path) -> None:
    """The drawing for narrow terminals is shown, ratings stand in two lines, and no line is broken."""
    terminal = tmux(40)
    review(terminal)
    screen = terminal.wait_for(OVERVIEW, "drawing · 10 left", ANY_KEY)
    assert max(map(len, screen.splitlines())) <= 40
    terminal.type("x")
    screen = terminal.wait_for("│gating│", "3 good 10 min   4 easy 8 days, 10 Mar")
    assert max(map(len, screen.splitlines())) <= 40
    assert screen.rstrip().splitlines()[-3].startswith("1 again 1 min   2 hard 6 min")
    terminal.type("4", "q")
    terminal.wait_for("1 card reviewed: 1 easy.")


def test_kill_loses_at_most_the_card_on_screen(tmux: Callable[[int], Tmux], workspace: Path) -> None:
    """After kill -9 every rating is there, and the card that was on screen is asked again."""
    terminal = tmux(80)
    review(terminal)
    terminal.wait_for(OVERVIEW)
    terminal.type("x", "4")
    terminal.wait_for("What is the softmax gate")
    terminal.type("x")
    terminal.wait_for("1 again 1 min")
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        words = process.read_bytes().split(b"\0")
        environment = process.with_name("environ").read_bytes() if b"review" in words else b""
        if f"MLKATA_WORKSPACE={workspace}".encode() in environment:
            os.kill(int(process.parent.name), signal.SIGKILL)
    other = tmux(80)
    review(other)
    other.wait_for("What is the softmax gate", "9 left")
    assert rows(workspace, "SELECT item FROM reviews") == [("sparsely-gated-moe/overview",)]
    other.type("q")


def test_two_windows_at_once(tmux: Callable[[int], Tmux], workspace: Path) -> None:
    """What is rated in one window counts; the other one says so and goes on."""
    one, other = tmux(80), tmux(80)
    for terminal in (one, other):
        review(terminal)
        terminal.wait_for(OVERVIEW)
        terminal.type("x")
        terminal.wait_for("1 again 1 min")
    one.type("4")
    one.wait_for("What is the softmax gate")
    other.type("1")
    other.wait_for("What is the softmax gate", "was rated in another window meanwhile")
    assert rows(workspace, "SELECT item, rating FROM reviews") == [("sparsely-gated-moe/overview", 4)]
    for terminal in (one, other):
        terminal.type("q")


@pytest.mark.parametrize("columns", [80, 40])
def test_month_of_a_new_learner(tmux: Callable[[int], Tmux], workspace: Path, columns: int) -> None:
    """Eight sittings in a month, all that is due each time: nothing stays due, and the log is whole."""
    terminal = tmux(columns)
    reviewed = 0
    for day in (0, 1, 2, 4, 8, 9, 17, 30):
        at = START + timedelta(days=day)
        review(terminal, "--new", "3", at=at)
        while asks(terminal):
            terminal.type("x")
            terminal.wait_for("1 again", "4 easy")
            terminal.type("4" if reviewed % 5 else "3")
            reviewed += 1
        end = terminal.wait_for("reviewed:", "u undo · q quit")
        assert max(map(len, end.splitlines())) <= columns
        terminal.type("q")
        terminal.wait_for("$ ")
        terminal.type("clear", "Enter")
        done = subprocess.run(
            [*MLKATA, "review", "--new", "0", "--json"],
            env={**os.environ, "MLKATA_NOW": at.isoformat()},
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(done.stdout)["due"] == []
    assert rows(workspace, "SELECT count(*) FROM reviews WHERE undone IS NULL") == [(reviewed,)]
    assert rows(workspace, "SELECT count(*) FROM memories") == [(24,)]
