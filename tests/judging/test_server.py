"""The resident server: found, reused, stopped, replaced; an interrupted command leaves no trace in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml_katas.judging import server

pytestmark = pytest.mark.engine
MLKATA = [sys.executable, "-m", "ml_katas"]
PATIENCE = 120.0  # a safety net: what is waited for comes, however busy the machine is
HANG = "def double(x):\n    while True:\n        pass\n"


@pytest.fixture
def work(tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with submissions to check."""
    monkeypatch.setenv("MLKATA_PATH", str(course))
    work = tmp_path / "work"
    work.mkdir()
    (work / "right.py").write_bytes((course / "tiny-double" / "solution.py").read_bytes())
    (work / "hang.py").write_text(HANG)
    with (course / "tiny-double" / "kata.toml").open("a") as facts:
        facts.write("\n[limits]\ntotal_seconds = 60\ncheck_seconds = 30\n")
    return work


@pytest.fixture
def home(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder where checks are warm, with a server of its own that no check has started yet."""
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    monkeypatch.delenv("MLKATA_COLD")
    yield work
    server.stop()


def command(file: str) -> list[str]:
    """Return the command that checks a file."""
    return [*MLKATA, "check", "tiny-double", "--file", file]


def check(work: Path, file: str = "right.py", *more: str) -> subprocess.CompletedProcess[str]:
    """Run a check as a command of its own."""
    return subprocess.run(
        [*command(file), *more], cwd=work, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def start_to_hang(work: Path) -> subprocess.Popen[bytes]:
    """Start the check of a submission that does not come back."""
    return subprocess.Popen(command("hang.py"), cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


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
    racing = [subprocess.Popen(command("right.py"), cwd=home, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(PATIENCE) for process in racing] == [0, 0, 0]
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


def test_ctrl_c_leaves_no_process(work: Path, warm: None) -> None:
    """An interrupted check ends at once with 130, and judge and sandbox with it."""
    parent = idle_server(work)
    process = start_to_hang(work)
    wait_for(lambda: any(is_at_work(child) for child in children(parent)))
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    wait_for(lambda: children(parent) == [])


def test_ctrl_c_during_the_imports(work: Path, warm: None) -> None:
    """A command that is interrupted before it asked for anything ends with 130 and no traceback."""
    parent = idle_server(work)
    process = start_to_hang(work)
    wait_for(lambda: children(parent) != [])
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said.strip()) == (130, b"")


def test_a_folder_that_others_can_read_is_refused(home: Path) -> None:
    """A socket folder with open permissions is not trusted; the way out is named."""
    folder = home.parent / "run" / f"mlkata-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o755)
    refused = check(home)
    folder.chmod(0o700)
    assert refused.returncode == 3
    assert "--cold" in refused.stderr


def idle_server(work: Path) -> int:
    """Return the process of a server that has nothing to do."""
    check(work)
    parent = pid()
    check(work)  # to find the process was a call too; this one comes after it, so its judge was there
    wait_for(lambda: children(parent) == [])
    return parent


def children(of: int) -> list[str]:
    """Return the children of a process."""
    return Path(f"/proc/{of}/task/{of}/children").read_text().split()


def is_at_work(process: str) -> bool:
    """Return whether a process has used a second of its processor, which only a loop without end does."""
    try:
        used = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:
        return False
    return sum(map(int, used)) > os.sysconf("SC_CLK_TCK")


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "the condition never held"
        time.sleep(0.02)
