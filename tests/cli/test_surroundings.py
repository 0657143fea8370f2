"""Odd surroundings: what goes wrong around a command is a sentence, and never exits like a verdict."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.course.kata import Kata
from ml_katas.judging.draft import Draft
from ml_katas.judging.protocol import Checked, Diagnosed, Ended, Started
from ml_katas.practice.progress import Progress
from ml_katas.report import Isolation, Report, Status
from tests.plugins.obedient import report_of
from tests.plugins.waiting import wait_for

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal

MLKATA = [sys.executable, "-m", "ml_katas"]


def run(folder: Path, *words: str, **how: Any) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    defaults = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": folder}
    return subprocess.run([*MLKATA, *words], text=True, check=False, timeout=120, **{**defaults, **how})


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell, in which `$MLKATA` is the command."""
    environment = {**os.environ, "MLKATA": " ".join(MLKATA)}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a right and a wrong submission, over the fixture course."""
    monkeypatch.setenv("MLKATA_PATH", str(course))
    (tmp_path / "right.py").write_text("def double(x):\n    return 2 * x\n")
    (tmp_path / "wrong.py").write_text("def double(x):\n    return 3 * x\n")
    return tmp_path


def closed_pipe() -> int:
    """Return the end of a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


# -------- output


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize(("file", "code"), [("right.py", 0), ("wrong.py", 1)])
def test_a_reader_that_has_gone_changes_no_verdict(folder: Path, file: str, code: int) -> None:
    """A check into a pipe that nobody reads exits with its verdict, and says nothing about the pipe."""
    writer = closed_pipe()
    done = run(folder, "check", "tiny-double", "--file", file, stdout=writer)
    os.close(writer)
    assert done.returncode == code, done.stderr
    assert "ipe" not in done.stderr


@pytest.mark.parametrize("words", [["list"], ["--help"], ["--version"], ["list", "--json"], ["doctor", "-h"]])
def test_a_reader_that_has_gone_is_no_mistake(folder: Path, words: list[str]) -> None:
    """A command into a pipe that nobody reads has done what it was asked to."""
    writer = closed_pipe()
    done = run(folder, *words, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.usefixtures("warm")
def test_watch_ends_with_its_reader(folder: Path) -> None:
    """`watch` into a pipe whose reader has gone ends, for nobody would see what it says."""
    run(folder, "start", "tiny-double")
    writer = closed_pipe()
    done = run(folder, "watch", "tiny-double", stdout=writer, stdin=subprocess.DEVNULL)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", ["list", "--help", "list --json", "show nothing --json"])
def test_output_that_is_full(folder: Path, words: str) -> None:
    """Output that cannot be written is said on stderr, with exit code 3."""
    done = shell(folder, f"$MLKATA {words} > /dev/full")
    assert done.returncode == (2 if "nothing" in words else 3)
    expected = "No kata called" if "nothing" in words else "The output cannot be written: no space left"
    assert done.stderr.startswith(f"mlkata: {expected}")


@pytest.mark.usefixtures("warm")
def test_a_verdict_that_cannot_be_written(folder: Path) -> None:
    """A check whose report cannot be written exits neither as passed nor as failed."""
    done = shell(folder, "$MLKATA check tiny-double --file right.py > /dev/full")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-2] == "mlkata: The output cannot be written: no space left on device."


def test_closed_streams(folder: Path) -> None:
    """A closed output is a mistake; closed errors and input are none."""
    done = shell(folder, "$MLKATA list >&-")
    assert (done.returncode, done.stderr.splitlines()[0]) == (3, "mlkata: The standard output is closed.")
    assert "tiny-double" in shell(folder, "$MLKATA list 2>&- 0<&-").stdout
    assert shell(folder, "$MLKATA show nothing 2>&-").returncode == 2
    assert shell(folder, "$MLKATA show nothing 2> /dev/full").returncode == 2


@pytest.mark.parametrize(("file", "code"), [("right.py", 0), ("wrong.py", 1)])
def test_a_check_without_threads(
    terminal: Terminal, folder: Path, warm: None, monkeypatch: pytest.MonkeyPatch, file: str, code: int
) -> None:
    """Where the system has no room for a thread, a check does without."""

    def refused(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refused)
    done = terminal("check", "tiny-double", "--file", str(folder / file))
    assert done.exit_code == code, done.output
    assert "hint 1 of" in done.output or "all 2 checks pass" in done.output


@pytest.mark.usefixtures("warm")
def test_a_check_with_closed_streams(folder: Path) -> None:
    """No connection takes the number of a closed stream."""
    done = shell(folder, "$MLKATA check tiny-double --file right.py 2>&- 0<&-")
    assert done.returncode == 0
    assert "Solved: all 2 checks pass." in done.stdout


@pytest.mark.parametrize("columns", ["0", "1", "-3", "x"])
def test_a_terminal_without_a_width(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """However few columns there are said to be, everything is shown."""
    monkeypatch.setenv("COLUMNS", columns)
    shown = "".join(terminal("list").stdout.split())
    assert "tiny-do" in shown
    if columns != "1":
        assert "tiny-double  Double a number" in terminal("list").stdout


# -------- folders


def test_nobody_with_no_home(
    terminal: Terminal, judge: ObedientJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without HOME, and without an entry in the list of users, everything works but own settings."""
    for name in ("HOME", "MLKATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", no_entry)
    for words in (["list"], ["start", "tiny-double"], ["check"], ["config", "list"], ["config", "path"], []):
        result = terminal(*words)
        assert result.exit_code == 0, result.output
    refused = terminal("config", "set", "plain", "true")
    assert (refused.exit_code, refused.stderr.splitlines()) == (
        3,
        [
            "mlkata: You have no home folder here.",
            "  MLKATA_HOME names a folder for your settings.",
        ],
    )
    assert sorted(path.name for path in terminal.folder.iterdir()) == [".mlkata", "tiny_double.py"]


def no_entry(number: int) -> None:
    raise KeyError(number)


def test_a_folder_that_is_gone(folder: Path) -> None:
    """In a folder that was removed a command says so."""
    gone = folder / "gone"
    gone.mkdir()
    done = shell(gone, "rmdir ../gone; $MLKATA list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "mlkata: The current folder no longer exists, or may not be entered.",
        "  Change to another one: `cd` leads home.",
    ]


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("name", ["torch", "json", "numpy", "submission", "right"])
def test_a_file_hides_no_module(folder: Path, name: str) -> None:
    """A submission may be called what it likes: what it imports is what it would import anywhere."""
    code = "import json\nimport numpy\nimport torch\n\n\ndef double(x):\n"
    code += "    return json.loads('2') * x + int(numpy.zeros(1)[0]) + int(torch.zeros(1))\n"
    (folder / "drafts").mkdir()  # not where `python -m` looks for modules of its own
    (folder / "drafts" / f"{name}.py").write_text(code)
    done = run(folder, "check", "tiny-double", "--file", f"drafts/{name}.py")
    assert done.returncode == 0, done.stdout


# -------- mistakes of ours


def test_a_crash_of_ours(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error is one sentence, with its traceback in a file, and the exit code of no verdict."""
    monkeypatch.delenv("MLKATA_DEBUG", raising=False)
    monkeypatch.setattr("ml_katas.practice.overview._rows", failing)
    result = terminal("list")
    kept = tmp_path / "home" / "cache" / "last-error.txt"
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        "mlkata: An unexpected error, which is not your fault: ZeroDivisionError: by nothing.",
        f"  Its traceback is in {kept}.",
    ]
    assert "in failing" in kept.read_text()
    error = json.loads(terminal("list", "--json").stdout)
    assert (error["error"], error["exit_code"]) == ("internal-error", 3)
    monkeypatch.setenv("MLKATA_DEBUG", "1")
    assert "in failing" in terminal("list").stderr


def failing(*_: object) -> None:
    raise ZeroDivisionError("by nothing")


def test_an_installation_that_is_torn(folder: Path) -> None:
    """Where not even the command line can be imported, that is a sentence too, and exit code 3."""
    code = "import sys; sys.modules['click'] = None; import ml_katas.__main__ as begin; begin.main()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("mlkata: An unexpected error, which is not your fault: ModuleNotFoundError")


# -------- the verdict comes first


class PonderingJudge:
    """Says a verdict, then has something looked at, then says the mistake behind it."""

    def __init__(self, report: Report, between: Any) -> None:
        self.report = report
        self.between = between

    def __call__(self, request: Any, *, on_event: Any = None, cancel: Any = None) -> Report:
        draft = Draft(self.report.kata)
        said = [Started(tuple(c.name for c in self.report.checks), Isolation("strong"), self.report.seed)]
        said += [Checked(check) for check in self.report.checks]  # type: ignore[arg-type]
        said += [Ended(status=self.report.status, ms=self.report.ms)]  # type: ignore[list-item]
        for event in said:
            draft.take(event)
            on_event(event)
        self.between()
        on_event(Diagnosed(self.report.diagnosis))
        draft.take(Diagnosed(self.report.diagnosis))
        return draft.report()

    @contextmanager
    def judging(self, **_: Any) -> Any:
        yield self


def pondering(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, awaited: str) -> list[str]:
    """Have the next check ponder until *awaited* is shown; return what was shown then, and the status."""
    terminal("start", "tiny-double")
    report = report_of(Kata.load(terminal.course / "tiny-double"), Status.FAILED, "ab")
    seen: list[str] = []

    def look() -> None:
        wait_for(lambda: awaited in sys.stdout.buffer.getvalue().decode())  # type: ignore[attr-defined]
        seen.append(sys.stdout.buffer.getvalue().decode())  # type: ignore[attr-defined]
        seen.append(terminal_status(terminal))

    monkeypatch.setattr("ml_katas.judging.client.judging", PonderingJudge(report, look).judging)
    return seen


def test_a_verdict_does_not_wait_for_its_diagnosis(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict is shown and recorded at once; the mistake, found soon, stands above the numbers."""
    seen = pondering(terminal, monkeypatch, "Failed")
    result = terminal("check")
    assert result.exit_code == 1
    assert "double(1) is 1, not 2" not in seen[0]
    assert seen[1] == "failed"
    assert result.stdout.startswith(seen[0])
    assert result.stdout.index("This squares the number.") < result.stdout.index("double(1) is 1, not 2")


def test_json_waits_for_the_diagnosis(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """For programs the report is printed once, with the mistake in it."""
    pondering(terminal, monkeypatch, "")
    as_json = json.loads(terminal("check", "--json").stdout)
    assert as_json["diagnosis"]["text"] == "This squares the number."


def test_a_failure_does_not_wait_long_for_its_diagnosis(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a mistake is looked for long, the failure is shown, and the mistake below when it is found."""
    monkeypatch.setattr("ml_katas.cli.check._PATIENCE_S", 0.01)
    seen = pondering(terminal, monkeypatch, "double(1) is 1, not 2")
    result = terminal("check")
    assert "This squares the number." not in seen[0]
    assert result.stdout.startswith(seen[0])
    assert result.stdout.splitlines()[-1].strip() == "↳ This squares the number."


def terminal_status(terminal: Terminal) -> str:
    """Return the verdict on the last attempt, as it is recorded."""
    with Progress(terminal.folder / ".mlkata" / "progress.db") as progress:
        return progress.attempts("tiny-double")[-1].status
