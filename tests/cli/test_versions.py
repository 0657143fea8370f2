"""Old versions of a submission: reset, history, restore; nothing is lost by any of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.course.kata import Kata
from ml_katas.report import Status
from tests.plugins.obedient import report_of

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal


def answer(terminal: Terminal, *arguments: str) -> dict[str, Any]:
    """Return the JSON object that a command writes."""
    found = json.loads(terminal(*arguments, "--json").stdout)
    assert isinstance(found, dict)
    return found


def write(terminal: Terminal, text: str, name: str = "tiny_double.py") -> None:
    (terminal.folder / name).write_text(text)


def content(terminal: Terminal, name: str = "tiny_double.py") -> str:
    return (terminal.folder / name).read_text()


def test_reset_keeps_the_old_version_first(terminal: Terminal) -> None:
    """`reset` writes the starter, keeps what was there and names the command that brings it back."""
    terminal("start", "tiny-double")
    starter = content(terminal)
    write(terminal, "my work")
    result = terminal("reset")
    assert result.stdout.splitlines() == [
        "tiny_double.py is the starter again.",
        "Yours is kept as version 1: `mlkata restore tiny-double 1` brings it back.",
    ]
    assert content(terminal) == starter
    assert terminal("reset").stdout.splitlines() == ["tiny_double.py is the starter already."]
    terminal("restore", "tiny-double", "1")
    assert content(terminal) == "my work"


def test_restore_loses_nothing(terminal: Terminal, judge: ObedientJudge) -> None:
    """`restore` keeps the file first; no number means the newest other version; a number alone will do."""
    judge.verdicts = [Status.FAILED]
    terminal("start", "tiny-double")
    for text in ("one", "two"):
        write(terminal, text)
        terminal("check")
    write(terminal, "three")
    found = answer(terminal, "restore", "1")
    assert (found["schema"], found["restored"], found["kept"]) == ("mlkata.restore/1", 1, 3)
    assert content(terminal) == "one"
    terminal("restore")
    assert content(terminal) == "three"
    terminal("restore", "tiny-double", "2")
    assert content(terminal) == "two"
    assert [v["number"] for v in answer(terminal, "history")["versions"]] == [1, 2, 3]


def test_a_version_is_shown_without_being_restored(terminal: Terminal, judge: ObedientJudge) -> None:
    """`history N` shows what a version holds, with --diff how the file differs; the file stays as it is."""
    judge.verdicts = [Status.FAILED]
    terminal("start", "tiny-double")
    for text in ("one\nsame\n", "two\nsame\n"):
        write(terminal, text)
        terminal("check")
    assert terminal("history", "tiny-double", "1").stdout.split() == ["one", "same"]
    lines = terminal("history", "1", "--diff").stdout.splitlines()
    assert lines[:2] == ["--- version 1", "+++ tiny_double.py"]
    assert {"-one", "+two", " same"} <= set(lines)
    assert "letter by letter" in terminal("history", "2", "--diff").stdout
    found = answer(terminal, "history", "1")
    assert (found["schema"], found["text"], found["diff"]) == ("mlkata.version/1", "one\nsame\n", None)
    assert content(terminal) == "two\nsame\n"
    for words in (("history", "9"), ("history", "tiny-double", "x"), ("history", "--diff")):
        assert terminal(*words).exit_code == 2


def test_a_version_in_a_pipe_is_what_was_kept(terminal: Terminal, judge: ObedientJudge) -> None:
    """`history N > file` writes the version to the last sign, however long its lines are."""
    judge.verdicts = [Status.FAILED]
    terminal("start", "tiny-double")
    text = f"def double(x):\n\treturn {' + '.join(['x'] * 80)}  # long\n"
    write(terminal, text)
    terminal("check")
    assert terminal("history", "tiny-double", "1").stdout == text


def test_history_says_what_no_check_says(
    terminal: Terminal, judge: ObedientJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all checks passed and the code uses what the kata forbids, the history says that."""
    terminal("start", "tiny-double")
    whole = report_of(Kata.load(terminal.course / "tiny-double"), Status.PASSED, "ab")
    message = "Your code uses torch.mul; this kata asks you to write it yourself."
    told = replace(whole, status=Status.FAILED, message=message)
    monkeypatch.setattr(type(judge), "__call__", lambda *_, **__: told)
    terminal("check")
    assert "uses torch.mul" in " ".join(terminal("history").stdout.split())


def test_hints_by_number(terminal: Terminal) -> None:
    """`hint N` shows that hint, `hint --all` every one; both count as shown."""
    terminal("start", "tiny-double")
    assert answer(terminal, "hint", "2")["number"] == 2
    assert answer(terminal, "hint", "tiny-double", "1")["again"]
    assert answer(terminal, "hint")["number"] == 3
    found = answer(terminal, "hint", "--all")
    assert (found["schema"], [hint["number"] for hint in found["hints"]]) == ("mlkata.hints/1", [1, 2, 3])
    assert terminal("hint", "--all").stdout.count(" of 3  ") == 3
    for words in (("hint", "4"), ("hint", "0"), ("hint", "1", "--all")):
        assert terminal(*words).exit_code == 2


def test_restore_after_the_file_was_deleted(terminal: Terminal, judge: ObedientJudge) -> None:
    """A deleted submission comes back in its last kept version."""
    terminal("start", "tiny-double")
    write(terminal, "mine")
    terminal("check")
    (terminal.folder / "tiny_double.py").unlink()
    assert terminal("restore").stdout.splitlines() == ["tiny_double.py is version 1 again."]
    assert content(terminal) == "mine"


@pytest.mark.parametrize(
    ("number", "lines"),
    [
        ("7", ["tiny-double has no version 7.", "`mlkata history tiny-double` shows them."]),
        ("x", ["A version is a number, not 'x'.", "`mlkata history` shows them."]),
        ("", ["No version of tiny-double is kept.", "`mlkata check` keeps what it judges."]),
    ],
)
def test_version_that_is_not_there(terminal: Terminal, number: str, lines: list[str]) -> None:
    """A version that does not exist is a mistake in words, and the file stays."""
    terminal("start", "tiny-double")
    result = terminal("restore", "tiny-double", *([number] if number else []))
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [f"mlkata: {lines[0]}", f"  {lines[1]}"]


def test_history_shows_verdicts(terminal: Terminal, judge: ObedientJudge) -> None:
    """`history` numbers the versions, shows the verdict on each, and says which the file holds now."""
    judge.verdicts = [Status.FAILED, Status.PASSED]
    terminal("start", "tiny-double")
    for text in ("one", "two"):
        write(terminal, text)
        terminal("check")
    write(terminal, "three")
    terminal("reset")
    found = answer(terminal, "history")
    assert (found["schema"], found["unkept"]) == ("mlkata.history/1", True)
    assert [(v["number"], v["status"], v["passed"], v["current"]) for v in found["versions"]] == [
        (1, "failed", 0, False),
        (2, "passed", 2, False),
        (3, None, None, False),
    ]
    terminal("restore", "2")
    lines = terminal("history").stdout.splitlines()
    assert [line[25:] for line in lines[2:5]] == ["failed, 0 of 2", "passed · your file now", "not checked"]
    assert lines[-1] == "  bring one back: mlkata restore tiny-double N"


def test_a_verdict_belongs_to_its_version_whatever_the_clock_said(
    terminal: Terminal, judge: ObedientJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that was put back between two checks takes no version its verdict."""
    judge.verdicts = [Status.FAILED, Status.PASSED]
    terminal("start", "tiny-double")
    for text, year in (("one", "2099"), ("two", "2020")):
        moment = f"{year}-01-01T00:00:00.000000+00:00"
        monkeypatch.setattr("ml_katas.practice.progress._now", lambda now=moment: now)
        write(terminal, text)
        terminal("check")
    assert [v["status"] for v in answer(terminal, "history")["versions"]] == ["failed", "passed"]
    assert answer(terminal, "status")["last"]["attempt"]["status"] == "passed"
