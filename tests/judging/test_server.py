"""The resident server: found, reused, stopped, replaced; an interrupted command leaves no trace in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.judging import places, server
from tests.plugins.waiting import wait_for

if TYPE_CHECKING:
    from conftest import Nobody

pytestmark = pytest.mark.engine
MLKATA = [sys.executable, "-m", "ml_katas"]
PATIENCE = 120.0  # a safety net: what is waited for comes, however busy the machine is
HANG = "def double(x):\n    while True:\n        pass\n"
SLOW = "import time\n\n\ndef double(x):\n    time.sleep(0.5)\n    return 2 * x\n"


@pytest.fixture
def work(tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with submissions to check."""
    monkeypatch.setenv("MLKATA_PATH", str(course))
    work = tmp_path / "work"
    work.mkdir()
    (work / "right.py").write_bytes((course / "tiny-double" / "solution.py").read_bytes())
    (work / "hang.py").write_text(HANG)
    (work / "slow.py").write_text(SLOW)
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


def test_a_server_that_is_killed_during_a_check(home: Path) -> None:
    """A check whose server is killed is judged again: it passes, by a fresh server."""
    check(home)
    before = pid()
    wait_for(lambda: children(before) == [])
    process = subprocess.Popen(command("slow.py"), cwd=home, **CAUGHT)
    wait_for(lambda: len(children(before)) == 2)
    os.kill(before, signal.SIGKILL)
    said, noted = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said + noted
    assert "Solved: all 2 checks pass." in said
    assert noted == "A server was started for this check; the next ones will be fast.\n"
    assert pid() != before


def test_a_judge_that_is_killed_is_replaced(home: Path) -> None:
    """A check whose judge is killed is judged again by the same server, and nobody notices."""
    check(home)
    server_pid = pid()
    wait_for(lambda: children(server_pid) == [])
    process = subprocess.Popen(command("slow.py"), cwd=home, **CAUGHT)
    wait_for(lambda: len(children(server_pid)) == 2)
    os.kill(min(map(int, children(server_pid))), signal.SIGKILL)
    said, noted = process.communicate(timeout=PATIENCE)
    assert (process.returncode, noted, pid()) == (0, "", server_pid), said


def test_a_judge_that_is_killed_without_a_server(home: Path) -> None:
    """While the server is stopped a check is judged cold, and once more where that judge is killed."""
    check(home)
    stopped = pid()
    os.kill(stopped, signal.SIGSTOP)
    process = subprocess.Popen(command("slow.py"), cwd=home, **CAUGHT)
    wait_for(lambda: len(grandchildren(process.pid)) == 2)
    os.kill(int(grandchildren(process.pid)[0]), signal.SIGKILL)
    said, noted = process.communicate(timeout=PATIENCE)
    os.kill(stopped, signal.SIGCONT)
    assert process.returncode == 0, said + noted


def test_a_judge_that_ends_hangs_up(home: Path) -> None:
    """Whose judge is killed hears of it at once, although others are being served."""
    check(home)
    server_pid = pid()
    wait_for(lambda: children(server_pid) == [])
    with server.Resident().dial() as mine, server.Resident().dial():
        wait_for(lambda: len(children(server_pid)) == 4)
        os.kill(int(children(server_pid)[0]), signal.SIGKILL)
        mine.settimeout(PATIENCE)
        assert mine.recv(1) == b""


def test_a_server_that_does_not_answer(home: Path) -> None:
    """While the server is stopped a check is judged cold and says so; `stop` ends such a server too."""
    check(home)
    stopped = pid()
    os.kill(stopped, signal.SIGSTOP)
    done = check(home)
    assert (done.returncode, done.stderr) == (
        0,
        "The server did not answer, so this was judged without it; "
        "`mlkata server restart` starts a new one.\n",
    )
    assert server.stop()
    wait_for(lambda: not Path(f"/proc/{stopped}").exists())


def test_a_server_whose_socket_is_gone(home: Path) -> None:
    """It is found, by `status` and `stop`; a second one starts beside it and keeps its own socket."""
    check(home)
    lost = pid()
    os.kill(lost, signal.SIGSTOP)  # so that it does not notice by itself
    for path in socket_folder(home).iterdir():
        path.unlink()
    assert json.loads(told("status", "--json"))["others"] == [lost]
    assert check(home).returncode == 0
    assert pid() != lost
    os.kill(lost, signal.SIGTERM)
    os.kill(lost, signal.SIGCONT)
    wait_for(lambda: not Path(f"/proc/{lost}").exists())
    assert server.find() is not None
    second = pid()
    os.kill(second, signal.SIGSTOP)
    shutil.rmtree(socket_folder(home))
    assert told("stop") == "The server is stopped.\n"
    wait_for(lambda: not Path(f"/proc/{second}").exists())


def test_a_server_that_nobody_can_call_retires(home: Path) -> None:
    """When its socket is gone it ends with the judge that it has, and not only after half an hour."""
    check(home)
    lost = pid()
    wait_for(lambda: children(lost) == [])
    connection = server.Resident().dial()
    wait_for(lambda: children(lost) != [])
    for path in socket_folder(home).iterdir():
        path.unlink()
    connection.close()
    wait_for(lambda: not Path(f"/proc/{lost}").exists())


def test_a_server_leaves_nothing_behind(home: Path) -> None:
    """After `stop` there is neither socket nor log; what a killed server left is removed by the next."""
    check(home)
    server.stop()
    assert [path.name for path in socket_folder(home).iterdir()] == ["lock"]
    (socket_folder(home) / "of-another.log").write_text("long ago")
    check(home)
    assert sorted(path.suffix for path in socket_folder(home).iterdir()) == ["", ".log", ".sock"]


def test_a_long_socket_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of sockets may have any name: the server is started there, found again and stopped."""
    folder = home.parent / ("run" * 40)
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    assert check(home).returncode == 0
    running = server.find()
    assert running is not None
    assert running.socket.is_relative_to(folder)
    assert check(home).stderr == ""
    assert server.stop()


def test_a_socket_folder_that_cannot_be_had(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where XDG_RUNTIME_DIR is missing or no folder, the next place is taken."""
    (tmp_path / "second").mkdir(mode=0o700)
    (tmp_path / "file").touch()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "second"))
    for name in ("missing", "file"):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / name))
        assert places.runtime_folder().is_relative_to(tmp_path / "second")
    assert check(home).returncode == 0
    running = server.find()
    assert running is not None
    assert running.socket.is_relative_to(tmp_path / "second")
    assert server.stop()


def test_a_socket_folder_of_somebody_else(nobody: Nobody, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where XDG_RUNTIME_DIR may not be entered, the next place is taken."""
    theirs, mine = nobody.folder / "theirs", nobody.folder / "mine"
    theirs.mkdir(mode=0o000)
    mine.mkdir(mode=0o777)
    mine.chmod(0o777)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(theirs))
    monkeypatch.setenv("TMPDIR", str(mine))
    monkeypatch.setattr(os, "getuid", os.geteuid)
    with nobody():
        assert places.runtime_folder().is_relative_to(mine)


def test_minutes_that_are_no_number(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLKATA_IDLE_MINUTES=abc is a mistake that is said in a sentence."""
    monkeypatch.setenv("MLKATA_IDLE_MINUTES", "abc")
    done = check(home)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == "mlkata: MLKATA_IDLE_MINUTES is 'abc'."


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


CAUGHT: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def socket_folder(home: Path) -> Path:
    """Return where the server of *home* has its socket."""
    return home.parent / "run" / f"mlkata-{os.getuid()}"


def told(*words: str) -> str:
    """Return what a command about the server says."""
    command = [*MLKATA, "server", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


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


def grandchildren(of: int) -> list[str]:
    """Return the children of the children of a process."""
    return [grandchild for child in children(of) for grandchild in children(int(child))]


def is_at_work(process: str) -> bool:
    """Return whether a process has used a second of its processor, which only a loop without end does."""
    try:
        used = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:
        return False
    return sum(map(int, used)) > os.sysconf("SC_CLK_TCK")
