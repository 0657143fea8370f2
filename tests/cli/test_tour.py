"""`demo` and `doctor`, and what a command must not import."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from ml_katas.report import Isolation, IsolationLevel, Report, Status

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal

COURSE = Path(__file__).parents[1] / "fixtures" / "course"


@pytest.fixture
def isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine judge, and confine submissions well."""
    strong = Isolation(IsolationLevel.STRONG)
    report = Report(kata="trial", status=Status.PASSED, seed="1", ms=12.0, isolation=strong, checks=())
    monkeypatch.setattr("ml_katas.judging.client.trial", lambda on_note: report)


def test_demo_shows_the_whole_loop(terminal: Terminal, judge: ObedientJudge) -> None:
    """`demo` judges the starter, a known mistake without its notes, and the solution."""
    judge.verdicts = [Status.INCOMPLETE, Status.FAILED, Status.PASSED]
    result = terminal("demo", "tiny-double", "--json")
    steps = json.loads(result.stdout)["steps"]
    assert [step["report"]["status"] for step in steps] == ["incomplete", "failed", "passed"]
    assert steps[1]["code"] == "def double(x):\n    return x * x\n"
    assert "return 2 * x" in steps[2]["code"]
    assert [source.decode() for _, source, *_ in judge.asked] == [step["code"] for step in steps]


def test_demo_touches_nothing_of_the_learners(
    terminal: Terminal, judge: ObedientJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`demo` draws every step and leaves no file behind, here or in the temporary folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    result = terminal("demo", "tiny-double")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "Your turn: `mlkata start` begins the first kata."
    assert result.stdout.count("$ mlkata check tiny-double") == 3
    assert list(terminal.folder.iterdir()) == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_doctor_says_what_works(terminal: Terminal, isolated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine where all is well every line is `ok` and the exit code 0."""
    terminal("start", "tiny-double")
    with TemporaryDirectory() as no_server:
        monkeypatch.setenv("XDG_RUNTIME_DIR", no_server)
        result = terminal("doctor")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * 9
    assert lines[4].startswith("ok  server     does not run; the next check starts it; its log is /")
    assert lines[2:4] + lines[5:] == [
        "ok  check      a small kata was judged in 12 ms",
        "ok  isolation  strong",
        "ok  colours    off, because this is not a terminal",
        "ok  encoding   UTF-8",
        f"ok  workspace  {terminal.folder}, 0 passed",
        f"ok  katas      {terminal.course}, 2 katas",
    ]


def test_doctor_on_a_full_disk(terminal: Terminal, isolated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doctor tries whether something can be written to the workspace, and leaves nothing there."""
    terminal("start", "tiny-double")
    before = sorted(terminal.folder.iterdir())
    monkeypatch.setattr(os, "fsync", full)
    findings = json.loads(terminal("doctor", "--json").stdout)["findings"]
    (found,) = (each for each in findings if each["name"] == "workspace")
    assert (found["works"], found["says"]) == (
        False,
        f"{terminal.folder / 'trial'} cannot be written: no space left on device.",
    )
    assert sorted(terminal.folder.iterdir()) == before


def full(_: int) -> None:
    """Stand in for `os.fsync` on a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_doctor_without_torch(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch the doctor names the command that installs it and exits with 3."""

    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    result = terminal("doctor")
    assert result.exit_code == 3
    assert result.stdout.splitlines()[1:3] == [
        "!!  torch      is not installed here",
        "               pip install torch --index-url https://download.pytorch.org/whl/cpu",
    ]
    assert json.loads(terminal("doctor", "--json").stdout)["works"] is False


@pytest.mark.parametrize(("version", "works"), [("2.5.1", False), ("2.6.0", True), ("3.0.0.dev1+cpu", True)])
def test_doctor_wants_a_recent_torch(
    terminal: Terminal, isolated: None, monkeypatch: pytest.MonkeyPatch, version: str, works: bool
) -> None:
    """A torch that is too old is reported like a missing one."""
    monkeypatch.setattr(metadata, "version", lambda name: version)
    result = terminal("doctor", "--json")
    torch = json.loads(result.stdout)["findings"][1]
    assert (torch["name"], torch["works"], result.exit_code) == ("torch", works, 0 if works else 3)


def test_doctor_names_broken_katas(terminal: Terminal, isolated: None) -> None:
    """Each broken kata is a line with file and problem, and the command that examines it."""
    (terminal.course / "tiny-sum" / "kata.toml").write_text("")
    lines = terminal("doctor").stdout.splitlines()
    assert lines[-2] == (
        f"!!  tiny-sum   {terminal.course / 'tiny-sum' / 'kata.toml'}:1: 'title' is missing; it must be text"
    )
    assert lines[-1] == "               mlkata author check tiny-sum"


def child(arguments: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in another process, which ends by naming the modules it imported."""
    code = (
        "import sys\n"
        "from ml_katas.__main__ import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit as end:\n"
        "    print(end.code, *sys.modules, file=sys.stderr)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (
            ["--help"],
            {
                "torch",
                "rich",
                "sqlite3",
                "jinja2",
                "tomllib",
                "ml_katas.course.kata",
                "ml_katas.practice.check",
            },
        ),
        (
            ["--version"],
            {"torch", "rich", "sqlite3", "jinja2", "tomllib", "ml_katas.course.kata", "importlib.metadata"},
        ),
        (["list", "--json"], {"torch", "rich", "jinja2"}),
        (["list"], {"torch", "jinja2"}),
        (["show", "tiny-double"], {"torch", "jinja2", "sqlite3"}),
        (["start", "tiny-double"], {"torch", "rich"}),
        pytest.param(["doctor"], {"torch", "jinja2"}, marks=pytest.mark.engine),
        (["check", "tiny-double"], {"torch", "jinja2"}),
    ],
)
def test_commands_import_no_more_than_they_use(
    tmp_path: Path, arguments: list[str], unwanted: set[str]
) -> None:
    """The command line never imports torch, and what is slow to import only where it is used."""
    options = [] if arguments[0].startswith("-") else ["--katas", str(COURSE)]
    code, *modules = child([*arguments, *options], tmp_path).stderr.splitlines()[-1].split()
    assert code == ("2" if arguments[0] == "check" else "0")
    assert unwanted & set(modules) == set()


def test_shell_completes_katas(tmp_path: Path) -> None:
    """The shell completes the names of katas, whichever way the dash is typed."""
    environment = {
        "_MLKATA_COMPLETE": "bash_complete",
        "COMP_WORDS": f"mlkata show --katas {COURSE} tiny_",
        "COMP_CWORD": "4",
    }
    assert child([], tmp_path, **environment).stdout.splitlines() == ["plain,tiny-double", "plain,tiny-sum"]
