"""A learner's loop in a terminal: list, start, check, hint; whole lines, exit codes and JSON."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal


def rows(terminal: Terminal, *options: str) -> dict[str, str]:
    """Return the status of each kata that `list` shows."""
    found = json.loads(terminal("list", "--json", *options).stdout)
    return {row["slug"]: row["status"] for row in found["katas"]}


def attempts(terminal: Terminal) -> list[tuple[Any, ...]]:
    """Return what the progress file says about attempts."""
    with sqlite3.connect(terminal.folder / ".mlkata" / "progress.db") as db:
        return db.execute("SELECT kata, status, seed, passed, total, failed_check FROM attempts").fetchall()


def test_start_makes_a_workspace_and_writes_the_starter(terminal: Terminal) -> None:
    """The first `start` makes the folder a workspace, writes the first kata and says what comes next."""
    result = terminal("start")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"{terminal.folder} is now your workspace; .mlkata/ in it keeps your progress.",
        "Wrote tiny_double.py: Double a number (easy, about 1 min).",
        "",
        "  mlkata show tiny-double    the brief",
        "  mlkata check tiny-double   is it right?",
        "  mlkata hint tiny-double    a nudge",
    ]
    assert (terminal.folder / "tiny_double.py").read_text().startswith('"""Double a number (easy')


def test_start_leaves_existing_work_as_it_is(terminal: Terminal) -> None:
    """Starting a kata again says that its file exists, leaves it untouched and exits with 0."""
    terminal("start", "tiny-double")
    (terminal.folder / "tiny_double.py").write_text("my work")
    result = terminal("start", "tiny-double")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == (
        "tiny_double.py exists and is left as it is: Double a number (easy, about 1 min)."
    )
    assert (terminal.folder / "tiny_double.py").read_text() == "my work"


def test_start_without_a_name_goes_on(terminal: Terminal, judge: ObedientJudge) -> None:
    """Without a name `start` stays with the last kata until it is passed, then takes the next."""
    for _ in range(2):
        assert json.loads(terminal("start", "--json").stdout)["kata"] == "tiny-double"
    terminal("check")
    assert json.loads(terminal("start", "--json").stdout)["kata"] == "tiny-sum"
    terminal("check")
    result = terminal("start")
    assert (result.exit_code, result.stderr.splitlines()) == (
        2,
        ["mlkata: You have passed every kata.", "  `mlkata list` shows them; name one to do it again."],
    )


def test_start_in_a_folder_below_uses_the_workspace_above(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a folder inside the workspace the file is written at its top."""
    terminal("start", "tiny-double")
    below = terminal.folder / "notes"
    below.mkdir()
    monkeypatch.chdir(below)
    result = terminal("start", "tiny-sum")
    path = terminal.folder / "tiny_sum.py"
    assert result.stdout.splitlines()[0] == f"Wrote {path}: Sum a list (medium, about 2 min)."
    assert path.exists()


def test_pass_says_what_comes_next(terminal: Terminal, judge: ObedientJudge) -> None:
    """After a pass the way to the solution and to the next kata is said, once."""
    terminal("start", "tiny-double")
    result = terminal("check")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-4:] == [
        "Solved: all 2 checks pass.",
        "",
        "  compare   mlkata solution --diff",
        "  go on     mlkata next   Sum a list (medium, about 2 min)",
    ]


def test_failure_names_check_mistake_and_hint(terminal: Terminal, judge: ObedientJudge) -> None:
    """After a failure the output holds the check's sentence, the diagnosis and the way to a hint."""
    judge.verdicts = [Status.FAILED]
    terminal("start", "tiny-double")
    result = terminal("check")
    assert result.exit_code == 1
    for part in ("The double of 1 is 2", "This squares the number.", "hint 1 of 3: mlkata hint"):
        assert part.lower() in result.stdout.lower()
    assert "go on" not in result.stdout


@pytest.mark.parametrize(("status", "code"), [(s, {"passed": 0, "broken": 4}.get(s, 1)) for s in Status])
def test_exit_code_says_whose_turn_it_is(
    terminal: Terminal, judge: ObedientJudge, status: Status, code: int
) -> None:
    """A pass exits with 0, a broken kata with 4, everything else with 1."""
    judge.verdicts = [status]
    terminal("start", "tiny-double")
    assert terminal("check", "--json").exit_code == code


def test_json_report_is_all_there_is_on_stdout(terminal: Terminal, judge: ObedientJudge) -> None:
    """`check --json` writes the report's object on stdout and nothing else anywhere."""
    terminal("start", "tiny-double")
    result = terminal("check", "--json")
    found = json.loads(result.stdout)
    assert (found["schema"], found["kata"], found["status"]) == ("mlkata.report/1", "tiny-double", "passed")
    assert (found["passed"], found["total"], result.stderr) == (2, 2, "")


@pytest.mark.parametrize("name", ["tiny-double", "tiny_double.py", "./tiny_double.py", "tiny-d", ""])
def test_check_finds_the_kata(terminal: Terminal, judge: ObedientJudge, name: str) -> None:
    """A slug, a file of the workspace, a beginning and no name at all lead to the same submission."""
    terminal("start", "tiny-double")
    path = terminal.folder / "tiny_double.py"
    path.write_bytes(b"x = 1\n")
    assert terminal("check", *([name] if name else [])).exit_code == 0
    assert judge.asked == [("tiny-double", b"x = 1\n", "tiny_double.py", "")]


def test_check_without_a_name_follows_the_learner(terminal: Terminal, judge: ObedientJudge) -> None:
    """Without a name the kata last started or checked is judged."""
    for name in ("tiny-double", "tiny-sum"):
        terminal("start", name)
    terminal("check", "tiny-double")
    terminal("check")
    assert [slug for slug, *_ in judge.asked] == ["tiny-double", "tiny-double"]


def test_attempt_is_recorded_and_the_version_kept(terminal: Terminal, judge: ObedientJudge) -> None:
    """Each check records its outcome and keeps the version that was judged."""
    judge.verdicts = [Status.FAILED, Status.PASSED]
    terminal("start", "tiny-double")
    for text in ("one", "two"):
        (terminal.folder / "tiny_double.py").write_text(text)
        terminal("check")
    assert attempts(terminal) == [
        ("tiny-double", "failed", "7f3a", 0, 2, "test_double_of_one_is_two"),
        ("tiny-double", "passed", "7f3a", 2, 2, None),
    ]
    kept = sorted((terminal.folder / ".mlkata" / "history" / "tiny-double").iterdir())
    assert [path.read_text() for path in kept] == ["one", "two"]
    assert rows(terminal) == {"tiny-double": "passed", "tiny-sum": "new"}


def test_a_replay_is_no_pass(terminal: Terminal, judge: ObedientJudge) -> None:
    """A run whose seed was chosen is recorded as a replay: it is no pass, and unlocks no solution."""
    terminal("start", "tiny-double")
    replayed = terminal("check", "--seed", "AB12")
    assert (replayed.exit_code, judge.asked[-1][3]) == (0, "ab12")
    assert "mlkata solution" not in replayed.stdout
    assert replayed.stderr.splitlines() == [
        "This was a replay with a seed of your choice, which does not count as a pass: `mlkata check` does."
    ]
    assert rows(terminal) == {"tiny-double": "started", "tiny-sum": "new"}
    assert terminal("solution").exit_code == 2
    assert "passed, a replay with a chosen seed" in terminal("history").stdout
    assert "passed" in terminal().stdout
    assert "a replay with a chosen seed" in terminal().stdout
    assert terminal("check").stderr == ""
    assert rows(terminal)["tiny-double"] == "passed"
    terminal("check", "--seed", "AB12")
    assert rows(terminal)["tiny-double"] == "passed"


def test_file_elsewhere_leaves_the_progress_alone(
    terminal: Terminal, judge: ObedientJudge, tmp_path: Path
) -> None:
    """`check KATA --file PATH` judges that file, needs no workspace and makes none."""
    path = tmp_path / "answer.py"
    path.write_text("x = 1\n")
    assert terminal("check", "tiny-double", "--file", str(path)).exit_code == 0
    assert judge.asked == [("tiny-double", b"x = 1\n", "answer.py", "")]
    assert list(terminal.folder.iterdir()) == []


def test_file_argument_elsewhere_is_not_mistaken_for_the_submission(
    terminal: Terminal, judge: ObedientJudge, tmp_path: Path
) -> None:
    """A file of the right name in the wrong place is refused, with the command that judges it."""
    terminal("start", "tiny-double")
    other = tmp_path / "tiny_double.py"
    other.write_text("x = 1\n")
    result = terminal("check", str(other))
    assert (result.exit_code, judge.asked) == (2, [])
    assert result.stderr.splitlines() == [
        f"mlkata: {other} is not {terminal.folder / 'tiny_double.py'}.",
        f"  `mlkata check tiny-double --file {other}` judges it.",
    ]


def test_interrupted_check_says_so_by_its_exit_code(
    terminal: Terminal, judge: ObedientJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C during a check exits with 130 and leaves an attempt without an end."""
    terminal("start", "tiny-double")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(judge), "__call__", interrupted)
    assert terminal("check").exit_code == 130
    assert attempts(terminal) == [("tiny-double", None, "", None, None, None)]


def test_hints_come_one_by_one(terminal: Terminal) -> None:
    """Each `hint` is the next one, remembered between commands; after the last it is repeated and said."""
    terminal("start", "tiny-double")
    numbers = []
    for _ in range(4):
        found = json.loads(terminal("hint", "--json").stdout)
        numbers.append((found["number"], found["total"], found["title"], found["again"]))
    assert numbers == [
        (1, 3, "The shape", False),
        (2, 3, "The formula", False),
        (3, 3, "The key step", False),
        (3, 3, "The key step", True),
    ]
    result = terminal("hint")
    assert "Multiply the argument by two." in result.stdout
    assert result.stdout.splitlines()[-1] == "You have seen all 3 hints; this is the last one again."


def test_show_draws_the_brief(terminal: Terminal) -> None:
    """`show` draws the brief with readable math and needs no workspace."""
    result = terminal("show", "tiny-double")
    assert result.exit_code == 0
    assert "double(x) returns 2x." in result.stdout
    assert json.loads(terminal("show", "tiny-double", "--json").stdout)["schema"] == "mlkata.show/1"


def test_list_filters(terminal: Terminal, judge: ObedientJudge) -> None:
    """`list` shows what was asked for: by track, difficulty, or what is left to do."""
    assert rows(terminal) == {"tiny-double": "new", "tiny-sum": "new"}
    terminal("start", "tiny-double")
    assert rows(terminal, "--difficulty", "easy") == {"tiny-double": "started"}
    terminal("check")
    assert rows(terminal, "--todo") == {"tiny-sum": "new"}
    assert rows(terminal, "--track", "tiny") == {"tiny-double": "passed", "tiny-sum": "new"}
    assert terminal("list", "--difficulty", "hard").stdout.splitlines() == [
        "No kata fits. `mlkata list` without options shows all there are."
    ]


def test_list_draws_every_kata(terminal: Terminal) -> None:
    """`list` shows titles under their track."""
    result = terminal("list")
    assert result.exit_code == 0
    for part in ("Tiny steps", "Double a number", "Sum a list"):
        assert part in result.stdout


def test_list_shows_broken_and_hidden_katas(terminal: Terminal, tmp_path: Path) -> None:
    """A broken kata is listed with its error, a hidden one is said, and the others are there."""
    (terminal.course / "tiny-sum" / "kata.toml").write_text("minutes = 'ten'\n")
    shutil.copytree(terminal.course / "tiny-double", tmp_path / "own" / "tiny-double")
    result = terminal("list", "--katas", str(tmp_path / "own"), "--json")
    found = json.loads(result.stdout)
    assert [(row["slug"], row["status"]) for row in found["katas"]] == [
        ("tiny-double", "new"),
        ("tiny-sum", "broken"),
    ]
    assert found["katas"][1]["problem"].startswith(f"{terminal.course / 'tiny-sum' / 'kata.toml'}:1: ")
    assert found["hidden"] == [
        {
            "slug": "tiny-double",
            "folder": str(terminal.course / "tiny-double"),
            "by": str(tmp_path / "own" / "tiny-double"),
        }
    ]
    drawn = terminal("list", "--katas", str(tmp_path / "own"))
    assert drawn.exit_code == 0
    assert drawn.stderr.splitlines() == [
        f"{terminal.course / 'tiny-double'} is hidden: {tmp_path / 'own' / 'tiny-double'} comes first."
    ]


def test_damaged_progress_is_said_and_the_work_goes_on(terminal: Terminal) -> None:
    """A damaged progress file is put aside, said on stderr, and the command does its work."""
    terminal("start", "tiny-double")
    for path in (terminal.folder / ".mlkata").glob("progress.db*"):
        path.write_bytes(b"damage " * 999)
    result = terminal("list", "--json")
    assert (result.exit_code, json.loads(result.stdout)["katas"][0]["status"]) == (0, "new")
    assert result.stderr.startswith("The progress file was damaged. It is now ")
