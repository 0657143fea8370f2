"""What a machine refuses is never the learner's crash: one call is refused, or what is missing is said."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml_katas.course.kata import Kata
from ml_katas.errors import BadEnvironment
from ml_katas.judging import server
from ml_katas.judging.client import judging
from ml_katas.judging.protocol import MAKE_ROOM, Event, Patience, Refused, events, framed, request
from ml_katas.report import Status
from ml_katas.support.records import replace
from tests.plugins.waiting import wait_for

pytestmark = pytest.mark.engine
MLKATA = [sys.executable, "-m", "ml_katas"]
RIGHT = b"def double(x):\n    return 2 * x\n"
CGROUPS = Path("/sys/fs/cgroup")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the socket folder of one server that has to bear all of these tests."""
    folder = tmp_path_factory.mktemp("run")
    folder.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        server.start()
        yield folder
        assert server.stop()


@pytest.fixture
def server_pid(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the process of the server, which rests."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_folder))
    monkeypatch.delenv("MLKATA_COLD")
    running = server.find()
    assert running is not None
    wait_for(lambda: children(running.pid) == [])
    return running.pid


def heard(kata: Kata) -> list[Event]:
    """Return what the server says to one call for *kata*."""
    with server.Resident().dial() as connection:
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(framed(replace(request(kata, RIGHT, file_name="a.py"), seed="1")))
        return list(events(connection, Patience(30)))


def judged(kata: Kata) -> Status:
    """Return the verdict on a right submission."""
    with judging() as judge:
        return judge(request(kata, RIGHT, file_name="a.py")).status


@pytest.mark.parametrize("more", range(7))
def test_a_server_without_descriptors(kata: Kata, server_pid: int, more: int) -> None:
    """However few descriptors are left, a call that needs more is refused in words; the next is served."""
    before = resource.prlimit(server_pid, resource.RLIMIT_NOFILE)
    used = len(os.listdir(f"/proc/{server_pid}/fd"))
    resource.prlimit(server_pid, resource.RLIMIT_NOFILE, (used + more, before[1]))
    said = heard(kata)[-1:]
    resource.prlimit(server_pid, resource.RLIMIT_NOFILE, before)
    assert [type(event) for event in said] == [Refused], said
    assert "process" in said[0].reason  # type: ignore[union-attr]
    assert judged(kata) is Status.PASSED
    running = server.find()
    assert running is not None
    assert running.pid == server_pid


@pytest.mark.parametrize("more", [0, 1], ids=["no judge", "no sandbox"])
def test_a_server_without_processes(kata: Kata, server_pid: int, more: int) -> None:
    """Where no process can be forked, that call is refused in words, and the next is served."""
    with few_processes(server_pid, more):
        said = heard(kata)[-1:]
    assert [type(event) for event in said] == [Refused], said
    assert judged(kata) is Status.PASSED
    running = server.find()
    assert running is not None
    assert running.pid == server_pid


def test_a_check_that_the_server_refuses(kata: Kata, server_pid: int) -> None:
    """A check for which the server has no process is judged without it."""
    notes: list[str] = []
    with few_processes(server_pid, 0), judging(on_note=notes.append) as judge:
        assert judge(request(kata, RIGHT, file_name="a.py")).status is Status.PASSED
    assert notes == ["The server could not be used, so this was judged without it."]


def test_a_command_without_processes(kata: Kata, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that may start nothing, where no server runs, says what is missing."""

    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("MLKATA_COLD")
    monkeypatch.setattr("subprocess.Popen", refused)
    monkeypatch.setattr("ml_katas.judging.client._PAUSES", (0.01,))
    with pytest.raises(BadEnvironment) as caught:
        judged(kata)
    assert caught.value.message == "The system lets no process be started."
    assert caught.value.next_step == MAKE_ROOM


@contextlib.contextmanager
def few_processes(pid: int, more: int) -> Iterator[None]:
    """Let a process and its children be no more than it and *more*."""
    if os.geteuid():
        limits = resource.prlimit(pid, resource.RLIMIT_NPROC)
        resource.prlimit(pid, resource.RLIMIT_NPROC, (count_of_mine() + more, limits[1]))
        yield
        resource.prlimit(pid, resource.RLIMIT_NPROC, limits)
        return
    group = (CGROUPS / "pids" if (CGROUPS / "pids").is_dir() else CGROUPS) / f"mlkata-test-{pid}"
    group.mkdir()  # root is exempt from limits, but not from those of a cgroup
    try:
        (group / "cgroup.procs").write_text(str(pid))
        (group / "pids.max").write_text(str(1 + more))
        yield
        (group.parent / "cgroup.procs").write_text(str(pid))
    finally:
        wait_for(lambda: not (group / "cgroup.procs").read_text().split())
        group.rmdir()


def count_of_mine() -> int:
    """Return how many threads this user has."""
    tasks = Path("/proc").glob("[0-9]*/task/[0-9]*")
    return sum(task.stat().st_uid == os.getuid() for task in tasks if task.exists())


# -------- limits of a shell


def check(tmp_path: Path, course: Path, ulimit: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a check of a right submission in a shell with such a limit."""
    (tmp_path / "right.py").write_bytes(RIGHT)
    command = shlex.join([*MLKATA, "check", "tiny-double", "--file", "right.py", *words])
    return subprocess.run(
        ["bash", "-c", f"ulimit {ulimit} && exec {command}"],
        cwd=tmp_path,
        env={**os.environ, "MLKATA_PATH": str(course)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("ulimit", ["-n 256", "-n 40", "-Sv 500000", "-Sd 100000"])
def test_limits_that_leave_enough(tmp_path: Path, course: Path, ulimit: str) -> None:
    """Few open files are enough, and a soft limit is raised to the hard one."""
    done = check(tmp_path, course, ulimit)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("ulimit", ["-v 1400000", "-v 300000", "-d 400000", "-t 5"])
def test_limits_that_leave_too_little(tmp_path: Path, course: Path, ulimit: str) -> None:
    """What is missing is said, with exit code 3, and nothing of it is blamed on the submission."""
    done = check(tmp_path, course, ulimit)
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert "ulimit" in done.stderr


def test_doctor_tries_a_check(tmp_path: Path, course: Path) -> None:
    """`doctor` has a check made: where that works it says so, and where limits are in the way, which."""
    for ulimit, code, words in (("-n 256", 0, "ok  check"), ("-v 1400000", 3, "!!  check")):
        done = subprocess.run(
            ["bash", "-c", f"ulimit {ulimit} && exec {shlex.join(MLKATA)} doctor"],
            cwd=tmp_path,
            env={**os.environ, "MLKATA_PATH": str(course)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert words in done.stdout


def test_a_spawned_sandbox_has_its_time_for_itself(
    tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of a check does not count how long a sandbox of its own takes to import PyTorch."""
    monkeypatch.setenv("MLKATA_START", "spawn")
    facts = course / "tiny-double" / "kata.toml"
    facts.write_text(facts.read_text() + "[limits]\ntotal_seconds = 1\ncheck_seconds = 0.5\n")
    done = check(tmp_path, course, "-n 256")
    assert done.returncode == 0, done.stdout + done.stderr


def children(of: int) -> list[str]:
    """Return the children of a process."""
    return Path(f"/proc/{of}/task/{of}/children").read_text().split()
