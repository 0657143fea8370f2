"""Progress survives what happens to a terminal: kills, two commands at once, a damaged file."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ml_katas.errors import WorkspaceError
from ml_katas.practice.progress import Progress
from ml_katas.report import CheckResult, Isolation, IsolationLevel, Report, Status


def report(*statuses: Status) -> Report:
    checks = tuple(
        CheckResult(name=f"test_{n}", sentence=f"promise {n}", status=status)
        for n, status in enumerate(statuses)
    )
    return Report(
        kata="tiny-double",
        status=Status.worst(statuses),
        seed="7f3a",
        ms=12.5,
        isolation=Isolation(IsolationLevel.STRONG),
        checks=checks,
    )


def attempt(progress: Progress, *statuses: Status, kata: str = "tiny-double") -> int:
    number = progress.begin(kata, suite_hash="s1", submission_hash="h1")
    progress.end(number, report(*statuses))
    return number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the progress file lies."""
    return tmp_path / "progress.db"


def child(path: Path, code: str) -> subprocess.Popen[str]:
    """Start another process that runs *code* with `path`."""
    imports = "from ml_katas.practice.progress import Progress\nfrom pathlib import Path\n"
    head = f"{imports}path = Path({str(path)!r})\n"
    return subprocess.Popen([sys.executable, "-c", head + code], stdout=subprocess.PIPE, text=True)


def test_new_progress_is_empty(path: Path) -> None:
    """Before anything happened there is no last kata, no status and no hint."""
    with Progress(path) as progress:
        assert (progress.last_kata(), progress.statuses(), progress.hints_shown("x")) == ("", {}, 0)
        assert progress.notices == []


def test_attempt_keeps_what_the_report_said(path: Path) -> None:
    """An attempt keeps seed, status, counts, hashes and the first check that failed."""
    with Progress(path) as progress:
        attempt(progress, Status.PASSED, Status.FAILED, Status.NOT_RUN)
    with Progress(path) as progress:
        (kept,) = progress.attempts("tiny-double")
    assert (kept.seed, kept.status, kept.passed, kept.total) == ("7f3a", "failed", 1, 3)
    assert (kept.suite_hash, kept.submission_hash, kept.failed_check) == ("s1", "h1", "test_1")
    assert kept.started < kept.ended
    assert kept.ended.endswith("+00:00")


def test_status_is_the_best_ever_reached(path: Path) -> None:
    """A kata that was passed once stays passed; one that was touched is started."""
    with Progress(path) as progress:
        progress.started("a")
        attempt(progress, Status.PASSED, kata="b")
        attempt(progress, Status.FAILED, kata="b")
        assert progress.statuses() == {"a": "started", "b": "passed"}


def test_last_kata_is_the_one_started_or_checked_last(path: Path) -> None:
    """Starting and checking both make a kata the last one."""
    with Progress(path) as progress:
        progress.started("a")
        attempt(progress, Status.FAILED, kata="b")
        assert progress.last_kata() == "b"
        progress.started("a")
        assert progress.last_kata() == "a"


def test_hints_are_remembered(path: Path) -> None:
    """The number of hints shown never goes back."""
    with Progress(path) as progress:
        for number in (1, 2, 1):
            progress.hinted("a", number)
        assert (progress.hints_shown("a"), progress.hints_shown("b")) == (2, 0)


def test_killed_attempt_is_interrupted(path: Path) -> None:
    """An attempt whose process was killed is there, as interrupted, and the file goes on working."""
    process = child(
        path,
        "import time\n"
        "progress = Progress(path)\n"
        "progress.begin('tiny-double', suite_hash='s', submission_hash='h')\n"
        "print('begun', flush=True)\n"
        "time.sleep(60)\n",
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with Progress(path) as progress:
        assert [kept.status for kept in progress.attempts("tiny-double")] == ["interrupted"]
        attempt(progress, Status.PASSED)
        assert progress.statuses() == {"tiny-double": "passed"}


@pytest.mark.parametrize("lines", [1, 3, 20, 50])
def test_kill_at_any_moment_loses_nothing_that_was_said(path: Path, lines: int) -> None:
    """Whatever a killed process had recorded is there afterwards, and the file is sound."""
    process = child(
        path,
        "progress = Progress(path)\n"
        "n = 0\n"
        "while True:\n"
        "    n += 1\n"
        "    progress.hinted('a', n)\n"
        "    print(n, flush=True)\n",
    )
    assert process.stdout is not None
    said = [int(process.stdout.readline()) for _ in range(lines)]
    process.kill()
    said += [int(line) for line in process.stdout.read().splitlines()[:-1]]
    process.wait()
    process.stdout.close()
    with Progress(path) as progress:
        assert progress.hints_shown("a") >= said[-1]
        assert progress.notices == []
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_kill_while_the_file_is_made_leaves_a_usable_one(path: Path) -> None:
    """A process killed at its very first step leaves a file that the next command can use."""
    for _ in range(8):
        process = child(path, "print('go', flush=True)\nProgress(path).started('a')\n")
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait()
        process.stdout.close()
        with Progress(path) as progress:
            assert progress.notices == []
        path.unlink()


def test_commands_at_once_lose_nothing(path: Path) -> None:
    """Eight processes that make the file and write to it together all keep their records."""
    code = (
        "for n in range(20):\n"
        "    with Progress(path) as progress:\n"
        "        progress.begin('a', suite_hash='s', submission_hash='h')\n"
    )
    processes = [child(path, code) for _ in range(8)]
    assert [process.wait() for process in processes] == [0] * 8
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    with Progress(path) as progress:
        assert len(progress.attempts("a")) == 160


def test_file_that_is_no_database_is_put_aside(path: Path) -> None:
    """A file that is no database is kept under another name, said in words, and a new one begins."""
    path.write_bytes(b"not a database at all" * 100)
    with Progress(path) as progress:
        progress.started("a")
        (notice,) = progress.notices
    (kept,) = path.parent.glob("progress.db.damaged-*")
    assert notice == f"The progress file was damaged. It is now {kept}; a new one begins."
    assert kept.read_bytes() == b"not a database at all" * 100
    with Progress(path) as progress:
        assert (progress.statuses(), progress.notices) == ({"a": "started"}, [])


def test_damage_found_later_is_put_aside_too(path: Path) -> None:
    """Damage inside the file is found when it is read; the work goes on with a new file."""
    with Progress(path) as progress:
        for _ in range(200):
            progress.started("a")
        attempt(progress, Status.PASSED)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with Progress(path) as progress:
        assert progress.statuses() == {}
        assert len(progress.notices) == 1
        assert attempt(progress, Status.PASSED)
        assert progress.statuses() == {"tiny-double": "passed"}
    assert len(list(path.parent.glob("progress.db.damaged-*"))) == 1


def test_commands_at_once_put_a_damaged_file_aside_once(path: Path) -> None:
    """Of several commands that find the damage one moves the file; no record of the others is lost."""
    path.write_bytes(b"damage " * 1000)
    code = "with Progress(path) as progress:\n    progress.started('a')\n"
    processes = [child(path, code) for _ in range(6)]
    assert [process.wait() for process in processes] == [0] * 6
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    assert len(list(path.parent.glob("progress.db.damaged-*"))) == 1
    assert sqlite3.connect(path).execute("SELECT count(*) FROM starts").fetchone() == (6,)


def test_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    """A file that a newer mlkata wrote is an error that says to update; it stays as it is."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(WorkspaceError, match="written by a newer mlkata"):
        Progress(path)
    assert path.read_bytes() == before


def test_folder_that_cannot_be_used_is_said_in_words(tmp_path: Path) -> None:
    """A place where no file can be made is a WorkspaceError with advice, not a crash."""
    with pytest.raises(WorkspaceError, match="cannot be written: no such file or directory"):
        Progress(tmp_path / "missing" / "progress.db")


def test_an_empty_file_is_put_aside(path: Path) -> None:
    """A file that a power cut emptied is not taken for a new one: it is put aside, and that is said."""
    with Progress(path) as progress:
        progress.started("a")
    path.write_bytes(b"")
    with Progress(path) as progress:
        (notice,) = progress.notices
        progress.started("b")
        assert progress.statuses() == {"b": "started"}
    assert notice.startswith("The progress file was empty, as after a power cut. It is now ")
    assert len(list(path.parent.glob("progress.db.damaged-*"))) == 1
    with Progress(path) as progress:
        assert progress.notices == []


def test_last_is_by_order_and_not_by_a_clock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that was ahead once does not make what was done then the last for ever."""
    with Progress(path) as progress:
        set_clock(monkeypatch, "2099")
        progress.started("a")
        progress.gave_up("b")
        set_clock(monkeypatch, "2026")
        attempt(progress, Status.PASSED, kata="b")
        assert progress.last_kata() == "b"
        assert progress.statuses()["b"] == "assisted"
        attempt(progress, Status.PASSED, kata="c")
        set_clock(monkeypatch, "2020")
        progress.gave_up("c")
        assert progress.statuses()["c"] == "passed"


def set_clock(monkeypatch: pytest.MonkeyPatch, year: str) -> None:
    monkeypatch.setattr("ml_katas.practice.progress._now", lambda: f"{year}-01-01T00:00:00.000000+00:00")


def test_an_older_file_keeps_its_order(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was recorded before turns were counted keeps the order of its times, before all that follows."""
    from ml_katas.practice import progress as module

    with monkeypatch.context() as older:
        older.setattr(module, "_MIGRATIONS", module._MIGRATIONS[:2])
        with Progress(path):
            pass
    with sqlite3.connect(path) as db:
        for year, kata in (("2024", "b"), ("2025", "a")):
            db.execute("INSERT INTO starts (kata, at) VALUES (?, ?)", (kata, year))
    db.close()
    with Progress(path) as progress:
        assert progress.last_kata() == "a"
        set_clock(monkeypatch, "2020")
        progress.started("c")
        assert progress.last_kata() == "c"


def test_locked_file_is_said_in_words(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another program holds for too long is an error that says to run the command again."""
    monkeypatch.setattr("ml_katas.support.database.BUSY_SECONDS", 0.05)
    with Progress(path) as progress:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(WorkspaceError, match="Another mlkata is writing to it"):
            progress.started("a")
        holder.close()
