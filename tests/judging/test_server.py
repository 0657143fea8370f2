"""The resident server: found, reused, stopped, replaced; an interrupted command leaves no trace in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml_katas.judging import server

MLKATA = [sys.executable, "-m", "ml_katas"]
HANG = "def double(x):\n    while True:\n        pass\n"


@pytest.fixture
def home(tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder where checks are warm, with a server of its own."""
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    monkeypatch.setenv("MLKATA_PATH", str(course))
    monkeypatch.delenv("MLKATA_COLD")
    work = tmp_path / "work"
    work.mkdir()
    (work / "right.py").write_bytes((course / "tiny-double" / "solution.py").read_bytes())
    (work / "hang.py").write_text(HANG)
    yield work
    server.stop()


def check(home: Path, file: str = "right.py", *more: str) -> subprocess.CompletedProcess[str]:
    """Run a check as a command of its own."""
    command = [*MLKATA, "check", "tiny-double", "--file", file, *more]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=60, check=False)


def pid() -> int:
    """Return the server's process."""
    running = server.find()
    assert running is not None
    return running.pid


def test_the_first_check_starts_a_server_that_serves_the_next(home: Path) -> None:
    """The first check says that it started a server; the second finds it, also from another folder."""
    first = check(home)
    assert (first.returncode, first.stderr.strip()) == (
        0,
        "A server was started for this check; the next ones will be fast.",
    )
    before = pid()
    second = check(home)
    assert (second.returncode, second.stderr, pid()) == (0, "", before)


def test_a_killed_server_is_replaced_in_silence(home: Path) -> None:
    """After kill -9 the next check passes all the same, with a fresh server."""
    check(home)
    before = pid()
    os.kill(before, signal.SIGKILL)
    assert check(home).returncode == 0
    assert pid() != before


def test_commands_that_race_end_with_one_server(home: Path) -> None:
    """Three first checks at once all pass, and one server runs."""
    command = [*MLKATA, "check", "tiny-double", "--file", "right.py"]
    racing = [subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(60) for process in racing] == [0, 0, 0]
    assert len(list((home.parent / "run").rglob("*.sock"))) == 1


def test_stop_ends_the_server(home: Path) -> None:
    """`mlkata server stop` ends it, `status` says so, and neither minds when none runs."""
    check(home)
    before = pid()
    said = [
        subprocess.run([*MLKATA, "server", word], capture_output=True, text=True, check=True).stdout
        for word in ("stop", "stop", "status")
    ]
    assert said == [
        "The server is stopped.\n",
        "No server ran.\n",
        "No server runs; the next `mlkata check` starts one.\n",
    ]
    wait_for(lambda: not Path(f"/proc/{before}").exists())


def test_cold_does_without_a_server(home: Path) -> None:
    """`--cold` judges and leaves no server behind."""
    assert check(home, "right.py", "--cold").returncode == 0
    assert server.find() is None


def test_ctrl_c_leaves_no_process(home: Path) -> None:
    """An interrupted check ends at once with 130, and judge and sandbox with it."""
    check(home)
    parent = pid()
    wait_for(lambda: children(parent) == [])
    command = [*MLKATA, "check", "tiny-double", "--file", "hang.py"]
    process = subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: len(children(parent)) == 2)
    time.sleep(1)  # they were called ahead; by now the suite runs
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130
    wait_for(lambda: children(parent) == [])


def test_ctrl_c_during_the_imports(home: Path) -> None:
    """A command that is interrupted before it asked for anything ends with 130 and no traceback."""
    check(home)
    parent = pid()
    wait_for(lambda: children(parent) == [])
    command = [*MLKATA, "check", "tiny-double", "--file", "hang.py"]
    process = subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: children(parent) != [])
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=10)
    assert (process.returncode, said.strip()) == (130, b"")


def test_a_folder_that_others_can_read_is_refused(home: Path) -> None:
    """A socket folder with open permissions is not trusted; the way out is named."""
    check(home)
    server.stop()
    folder = home.parent / "run" / f"mlkata-{os.getuid()}"
    folder.chmod(0o755)
    refused = check(home)
    folder.chmod(0o700)
    assert refused.returncode == 3
    assert "--cold" in refused.stderr


def children(of: int) -> list[str]:
    """Return the children of a process."""
    return Path(f"/proc/{of}/task/{of}/children").read_text().split()


def wait_for(condition: object) -> None:
    """Wait until a condition holds, at most ten seconds."""
    until = time.monotonic() + 10
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "the condition never held"
        time.sleep(0.02)
