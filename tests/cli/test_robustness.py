"""What a learner wrote is never lost: full disks, folders that cannot be written to, kills, two terminals."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ml_katas.practice.workspace import Workspace
from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Nobody, ObedientJudge, Terminal

    from ml_katas.course.kata import Kata

HEAD = """
import sys
from pathlib import Path
from ml_katas.course.kata import Kata
from ml_katas.practice.workspace import Workspace
workspace, kata = Workspace(Path({folder!r})), Kata.load(Path({kata!r}))
"""


def child(workspace: Workspace, kata: Kata, code: str) -> subprocess.Popen[str]:
    """Start a process that runs *code* with `workspace` and `kata`."""
    head = HEAD.format(folder=str(workspace.folder), kata=str(kata.folder))
    return subprocess.Popen([sys.executable, "-c", head + code], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace in a folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Workspace.create(folder)


def everything(workspace: Workspace, kata: Kata) -> set[bytes]:
    """Return the contents that the learner can get at: the file and all kept versions."""
    paths = [workspace.submission_path(kata), *(v.path for v in workspace.versions(kata))]
    return {path.read_bytes() for path in paths if path.exists()}


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.003, 0.01, 0.03, 0.1])
def test_kill_during_replacing_loses_nothing(workspace: Workspace, kata: Kata, delay: float) -> None:
    """A process killed while it replaces the file leaves it whole, and what was there is still to be had."""
    path = workspace.submission_path(kata)
    path.write_bytes(b"mine " * 1000)
    process = child(
        workspace,
        kata,
        "print('go', flush=True)\n"
        "n = 0\n"
        "while True:\n"
        "    n += 1\n"
        "    workspace.replace(kata, b'version %d ' % n * 1000)\n",
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    found = everything(workspace, kata)
    assert b"mine " * 1000 in found
    assert all(len(set(text.split())) in (1, 2) and len(text.split()) % 1000 == 0 for text in found)
    workspace.replace(kata, b"after")
    assert path.read_bytes() == b"after"


def test_drafts_of_killed_commands_are_removed(workspace: Workspace, kata: Kata) -> None:
    """A draft that a killed command left behind is gone after the next one, a fresh one is not."""
    old, fresh = (workspace.folder / f".tiny_double.py.{name}" for name in ("0123abcd", "4567cdef"))
    for draft in (old, fresh):
        draft.write_text("half")
    os.utime(old, (0, 0))
    workspace.start(kata, "starter")
    assert (old.exists(), fresh.exists()) == (False, True)


def test_drafts_of_versions_are_removed(workspace: Workspace, kata: Kata) -> None:
    """What is left of a version that a killed command was writing is gone when the next one is kept."""
    first = workspace.keep(kata, b"first").path
    draft = first.with_name(".20250101T000000.000000Z-0123456789ab.py.0123abcd")
    draft.write_text("half")
    os.utime(draft, (0, 0))
    second = workspace.keep(kata, b"second").path
    assert sorted(first.parent.iterdir()) == [first, second]


def test_terminals_at_once_lose_nothing(workspace: Workspace, kata: Kata) -> None:
    """Four terminals that replace the same file at once keep every content that it ever had."""
    workspace.submission_path(kata).write_bytes(b"mine")
    code = "for n in range(15):\n    workspace.replace(kata, sys.argv[0].encode() + b'%d %d' % ({who}, n))\n"
    processes = [child(workspace, kata, code.format(who=who)) for who in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    wanted = {b"mine"} | {b"-c%d %d" % (who, n) for who in range(4) for n in range(15)}
    assert wanted <= everything(workspace, kata)


def test_edit_at_the_last_moment_is_kept(
    workspace: Workspace, kata: Kata, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an editor saves while a reset is under way is kept as a version too."""
    path = workspace.submission_path(kata)
    path.write_bytes(b"before")
    real, saved = os.fsync, []

    def fsync(handle: int) -> None:
        real(handle)
        if len(saved) < 1 and not os.readlink(f"/proc/self/fd/{handle}").count("history"):
            saved.append(path.write_bytes(b"saved meanwhile"))

    if not Path("/proc/self/fd").exists():
        pytest.skip("the test looks at /proc")
    monkeypatch.setattr(os, "fsync", fsync)
    kept = workspace.replace(kata, b"starter")
    assert kept is not None
    assert kept.path.read_bytes() == b"saved meanwhile"
    assert everything(workspace, kata) == {b"before", b"saved meanwhile", b"starter"}


def test_clock_that_was_put_back_changes_no_number(workspace: Workspace, kata: Kata) -> None:
    """A version kept after the clock was put back is the newest all the same."""
    first = workspace.keep(kata, b"one")
    first.path.rename(first.path.with_name(f"29990101T000000.000000Z-{first.digest}.py"))
    workspace.keep(kata, b"two")
    assert [v.path.read_bytes() for v in workspace.versions(kata)] == [b"one", b"two"]


def test_replacing_keeps_the_permissions(workspace: Workspace, kata: Kata) -> None:
    """A file that only its owner may read stays so."""
    path = workspace.submission_path(kata)
    path.write_bytes(b"mine")
    path.chmod(0o600)
    workspace.replace(kata, b"starter")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "command",
    [
        ["reset"],
        ["restore", "1"],
        pytest.param(["check"], marks=pytest.mark.engine),
        ["start", "tiny-sum"],
    ],
)
def test_full_disk_leaves_the_work_alone(terminal: Terminal, command: list[str]) -> None:
    """Where nothing can be written any more the file stays as it is, and the error says why."""
    terminal("start", "tiny-double")
    path = terminal.folder / "tiny_double.py"
    path.write_bytes(b"first" * 999)
    terminal("reset")
    path.write_bytes(b"mine, " * 999)
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))\n"
        "from ml_katas.__main__ import main\n"
        f"main({[*command, '--katas', str(terminal.course)]!r})\n"
    )
    whole = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}  # no part of a compiled module is to stay behind
    result = subprocess.run(
        [sys.executable, "-c", code], env=whole, capture_output=True, text=True, check=False
    )
    assert result.returncode in (1, 2)
    assert "cannot be" in result.stderr
    assert "Traceback" not in result.stderr
    assert path.read_bytes() == b"mine, " * 999
    assert not (terminal.folder / "tiny_sum.py").exists()
    assert not list(terminal.folder.glob(".tiny*"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_full_disk_can_be_read(terminal: Terminal, judge: ObedientJudge) -> None:
    """Where nothing can be written any more, what only reads says what it would say otherwise."""
    terminal("start", "tiny-double")
    terminal("check")
    code = (
        "import resource, signal, sys\n"
        "from ml_katas.__main__ import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), -1))\n"
        "for command in ('list', 'history', 'show', 'status', 'list --json'):\n"
        "    try:\n"
        "        print('$', command, flush=True)\n"
        f"        main([*command.split(), '--katas', {str(terminal.course)!r}])\n"
        "    except SystemExit as end:\n"
        "        print(end.code, flush=True)\n"
    )
    with_room, full = (
        subprocess.run([sys.executable, "-B", "-c", code, room], capture_output=True, text=True, check=False)
        for room in (str(1 << 30), "4096")  # a last page, which makes a log but no index of it
    )
    assert (full.returncode, full.stderr) == (0, "")
    assert full.stdout.splitlines().count("0") == full.stdout.count("$ ") == 5
    assert full.stdout == with_room.stdout


def test_verdict_that_cannot_be_recorded_is_shown(
    terminal: Terminal, judge: ObedientJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fills up during a check, the verdict is shown and the loss is said."""
    terminal("start", "tiny-double")
    real = type(judge).__call__

    def call(self: ObedientJudge, *args: object, **how: object) -> object:
        report = real(self, *args, **how)  # type: ignore[arg-type]
        for path in (terminal.folder / ".mlkata").glob("progress.db*"):
            path.unlink()
        shutil.rmtree(terminal.folder / ".mlkata")
        monkeypatch.setattr("ml_katas.support.database._transaction", failing)
        return report

    def failing(db: object) -> object:
        import sqlite3

        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(type(judge), "__call__", call)
    result = terminal("check")
    assert result.exit_code == 0
    assert "Solved: all 2 checks pass." in result.stdout
    assert result.stderr.startswith("This attempt could not be recorded. ")


def test_folder_that_cannot_be_written_to(
    nobody: Nobody, course: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal, judge: ObedientJudge
) -> None:
    """In a read-only workspace everything can be read and judged, and what writes is refused in words."""
    folder = nobody.folder / "work"
    folder.mkdir(mode=0o777)
    shutil.copytree(course, nobody.folder / "katas")
    monkeypatch.setattr("ml_katas.course.sources.bundled_course", lambda: nobody.folder / "katas")
    monkeypatch.chdir(folder)
    for command in ("start", "check", "list", "history", "reset"):
        terminal(command, "tiny-double" if command != "list" else "--json")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    with nobody():
        shown = [terminal(*command) for command in (["list", "--json"], [], ["history"], ["solution"])]
        refused = [terminal(command) for command in ("hint", "next")]
        checked = terminal("check")
    assert [(result.exit_code, result.stderr) for result in shown] == [(0, "")] * 4
    assert json.loads(shown[0].stdout)["katas"][0]["status"] == "passed"
    for result in refused:
        assert result.exit_code == 2, result.stderr
        assert "MLKATA_WORKSPACE names it" in result.stderr
    assert checked.exit_code == 0
    assert "Solved: all 2 checks pass." in checked.stdout
    assert checked.stderr.startswith("This attempt could not be recorded. ")
    assert {path: path.read_bytes() for path in before} == before


def test_deleted_state_is_made_anew(terminal: Terminal, judge: ObedientJudge) -> None:
    """Without `.mlkata/` the next command makes it again and says so; the file is as it was."""
    judge.verdicts = [Status.FAILED]
    terminal("start", "tiny-double")
    (terminal.folder / "tiny_double.py").write_text("mine")
    shutil.rmtree(terminal.folder / ".mlkata")
    result = terminal("check", "tiny-double")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{terminal.folder / '.mlkata'} was missing and was made again. Your files are as they were;"
        " progress and kept versions begin afresh."
    ]
    assert (terminal.folder / "tiny_double.py").read_text() == "mine"
    assert terminal("check").stderr == ""


def test_deleted_state_of_a_named_workspace(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """`start` in a workspace that lost its state says so, too, and does not call it a new one."""
    terminal("start", "tiny-double")
    monkeypatch.setenv("MLKATA_WORKSPACE", str(terminal.folder))
    shutil.rmtree(terminal.folder / ".mlkata")
    result = terminal("start", "tiny-double")
    assert "was missing and was made again" in result.stderr
    assert "is now your workspace" not in result.stdout


def test_new_named_workspace_is_said(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`start` with MLKATA_WORKSPACE at an empty folder makes that folder the workspace and says so."""
    (tmp_path / "named").mkdir()
    monkeypatch.setenv("MLKATA_WORKSPACE", str(tmp_path / "named"))
    first = terminal("start", "tiny-double").stdout.splitlines()[0]
    assert first == f"{tmp_path / 'named'} is now your workspace; .mlkata/ in it keeps your progress."
