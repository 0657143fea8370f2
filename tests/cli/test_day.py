"""A learner's day beyond the first check: where am I, what next, the solution, updates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal


def answer(terminal: Terminal, *arguments: str) -> dict[str, Any]:
    """Return the JSON object that a command writes."""
    found = json.loads(terminal(*arguments, "--json").stdout)
    assert isinstance(found, dict)
    return found


def statuses(terminal: Terminal) -> dict[str, str]:
    return {row["slug"]: row["status"] for row in answer(terminal, "list")["katas"]}


def write(terminal: Terminal, text: str, name: str = "tiny_double.py") -> None:
    (terminal.folder / name).write_text(text)


def content(terminal: Terminal, name: str = "tiny_double.py") -> str:
    return (terminal.folder / name).read_text()


def test_fresh_machine_says_how_to_begin(terminal: Terminal) -> None:
    """`mlkata` alone, before anything was started, names the demo, the first kata and the list."""
    assert terminal().stdout.splitlines() == [
        "Nothing is started here yet. 2 katas wait.",
        "",
        "  mlkata demo   see the whole loop once",
        "  mlkata start  begin with Double a number",
        "  mlkata list   or choose one",
    ]
    assert list(terminal.folder.iterdir()) == []


def test_status_says_where_you_are(terminal: Terminal, judge: ObedientJudge) -> None:
    """`mlkata` alone shows tracks, the last verdict with the promise that failed, what is due and next."""
    judge.verdicts = [Status.PASSED, Status.FAILED]
    for name in ("tiny-double", "tiny-sum"):
        terminal("start", name)
        terminal("check")
    assert terminal().stdout.splitlines() == [
        "  Tiny steps  █████░░░░░  1 of 2",
        "",
        "  last  tiny-sum  Sum a list",
        "        failed just now, 0 of 1 checks",
        "        ✗ The sum of 1, 2 and 4 is 7",
        "  due   2 new cards",
        "        mlkata review",
        "  next  tiny-sum  Sum a list",
        "        unfinished · medium, about 2 min",
        "        mlkata check tiny-sum",
    ]


def test_status_as_json(terminal: Terminal, judge: ObedientJudge) -> None:
    """`mlkata --json` is the status as one object, and so is `mlkata status --json`."""
    fresh = answer(terminal)
    assert (fresh["schema"], fresh["workspace"], fresh["last"]) == ("mlkata.status/1", None, None)
    assert (fresh["next"]["kata"], fresh["next"]["why"]) == ("tiny-double", "course")
    terminal("start")
    terminal("check")
    found = answer(terminal, "status")
    assert (found["workspace"], found["passed"], found["total"]) == (str(terminal.folder), 1, 2)
    assert found["tracks"] == [
        {"name": "tiny", "title": "Tiny steps", "passed": 1, "total": 2, "touched": True}
    ]
    attempt = found["last"]["attempt"]
    assert (attempt["status"], attempt["passed"], attempt["failed_check"]) == ("passed", 2, None)
    assert (found["next"]["kata"], found["next"]["why"]) == ("tiny-sum", "track")


def test_next_goes_on(terminal: Terminal, judge: ObedientJudge) -> None:
    """`next` starts the first kata, stays with it until it is passed, then starts the next in the track."""
    assert answer(terminal, "next")["why"] == "course"
    again = answer(terminal, "next")
    assert (again["kata"], again["written"], again["why"]) == ("tiny-double", False, "unfinished")
    terminal("check")
    assert terminal("next").stdout.splitlines()[0] == (
        "Wrote tiny_sum.py: Sum a list (medium, about 2 min) (next in the track)."
    )
    terminal("check")
    assert terminal("next").stderr.splitlines()[0] == "mlkata: You have passed every kata."


def test_what_was_given_up_comes_last(terminal: Terminal, judge: ObedientJudge) -> None:
    """A kata whose solution was shown is offered again when no other is left."""
    terminal("start", "tiny-double")
    terminal("solution", "--give-up")
    assert answer(terminal, "next")["kata"] == "tiny-sum"
    terminal("check")
    assert answer(terminal, "next")["kata"] == "tiny-double"


def test_broken_kata_is_passed_over(terminal: Terminal) -> None:
    """`next` never leads to a kata that cannot be read."""
    (terminal.course / "tiny-double" / "kata.toml").write_text("")
    assert answer(terminal, "next")["kata"] == "tiny-sum"


def test_finished_track_is_celebrated_once(terminal: Terminal, judge: ObedientJudge) -> None:
    """The pass that finishes a track shows what it took; a later pass of it does not."""
    for name in ("tiny-double", "tiny-sum"):
        terminal("start", name)
        terminal("hint", name)
        lines = terminal("check").stdout.splitlines()
    assert lines[lines.index("You finished the track Tiny steps.") :] == [
        "You finished the track Tiny steps.",
        "  ✓ tiny-double",
        "  ✓ tiny-sum",
        "  2 katas · 2 attempts · 2 hints",
        "",
        "  compare   mlkata solution --diff",
        "  That was the last kata. `mlkata list` shows them all.",
    ]
    assert "You finished" not in terminal("check").stdout


def test_solution_waits_for_a_pass(
    terminal: Terminal, judge: ObedientJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a pass `solution` is refused with the way to a hint and to giving up; after it is shown."""
    monkeypatch.setattr("ml_katas.cli.screen.Screen.is_shown", True)
    terminal("start", "tiny-double")
    result = terminal("solution")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "mlkata: You have not passed tiny-double yet.",
        "  `mlkata hint tiny-double` has 3 more to say;"
        " `mlkata solution tiny-double --give-up` shows the solution, and it is remembered.",
    ]
    terminal("check")
    lines = terminal("solution").stdout.splitlines()
    assert "      return 2 * x" in lines
    assert lines[-4:] == [
        "Further reading",
        "",
        "1. Euclid, Elements, book V",
        "   https://example.org/elements",
    ]
    assert statuses(terminal)["tiny-double"] == "passed"


def test_a_solution_in_a_file_is_python(terminal: Terminal, judge: ObedientJudge) -> None:
    """`solution > file` writes the module and nothing else."""
    terminal("start", "tiny-double")
    terminal("check")
    solution = terminal.course / "tiny-double" / "solution.py"
    assert terminal("solution").stdout == solution.read_text()


def test_giving_up_is_remembered(terminal: Terminal, judge: ObedientJudge) -> None:
    """After `--give-up` the kata is shown as given up, and a pass as one with the solution."""
    terminal("start", "tiny-double")
    found = answer(terminal, "solution", "--give-up")
    assert (found["schema"], found["gave_up"], found["yours"]) == ("mlkata.solution/1", True, None)
    assert statuses(terminal)["tiny-double"] == "gave-up"
    assert terminal("solution").exit_code == 0
    terminal("check")
    assert statuses(terminal)["tiny-double"] == "assisted"
    assert "passed with the solution" in terminal("list").stdout
    assert answer(terminal, "list", "--todo")["katas"][0]["slug"] == "tiny-sum"
    assert terminal("solution", "--give-up").exit_code == 0


def test_solution_beside_your_own(
    terminal: Terminal, judge: ObedientJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`solution --diff` puts both side by side, below 80 columns in one column, and plain as a diff."""
    terminal("start", "tiny-double")
    write(terminal, "def double(x):\n    return x + x\n")
    terminal("check")
    monkeypatch.setenv("COLUMNS", "80")
    wide = terminal("solution", "--diff").stdout.splitlines()
    assert [line.rstrip() for line in wide[2:8]] == [
        "tiny_double.py                           the solution",
        f'{"":38} > """Double a number: 2x."""',
        f"{'':38} >",
        f"{'':38} >",
        "def double(x):                           def double(x):",
        f"{'    return x + x':38} |     return 2 * x",
    ]
    monkeypatch.setenv("COLUMNS", "40")
    narrow = terminal("solution", "--diff").stdout.splitlines()
    assert narrow[2:10] == [
        "- yours   + the solution",
        "",
        '+ """Double a number: 2x."""',
        "+",
        "+",
        "  def double(x):",
        "-     return x + x",
        "+     return 2 * x",
    ]
    plain = terminal("solution", "--diff", "--plain").stdout
    assert plain.startswith("--- tiny_double.py\n+++ solution.py\n@@ ")
    assert answer(terminal, "solution", "--diff")["diff"] + "\n" == plain


def test_bare_starter(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--bare` leaves the guidance out; the setting and its variable do so without the flag."""
    template = terminal.course / "tiny-double" / "starter.py.j2"
    template.write_text("{% if not bare %}\n# guide\n{% endif %}\nx = 1\n")
    terminal("start", "tiny-double", "--bare")
    assert content(terminal) == "x = 1\n"
    terminal("reset")
    assert content(terminal) == "# guide\nx = 1\n"
    monkeypatch.setenv("MLKATA_STARTER", "bare")
    terminal("reset")
    assert content(terminal) == "x = 1\n"
    terminal("reset", "--guided")
    assert content(terminal) == "# guide\nx = 1\n"


def test_update_of_a_kata_is_said(terminal: Terminal, judge: ObedientJudge) -> None:
    """`check` and `list` say what an update changed until the kata is passed or reset; the work stays."""
    judge.verdicts = [Status.FAILED]
    terminal("start", "tiny-double")
    write(terminal, "mine")
    for name in ("README.md", "starter.py.j2"):
        with (terminal.course / "tiny-double" / name).open("a") as file:
            file.write("\n# new\n")
    assert terminal("check").stderr.splitlines() == [
        "The brief and starter of tiny-double changed since you started it; your work stays."
        " `mlkata show tiny-double` shows the brief, `mlkata reset tiny-double` gives the new starter."
    ]
    assert answer(terminal, "list")["katas"][0]["changed"] == ["brief", "starter"]
    assert "    brief and starter changed since you started" in terminal("list").stdout
    assert content(terminal) == "mine"
    terminal("reset")
    assert answer(terminal, "list")["katas"][0]["changed"] == []
    assert terminal("check").stderr == ""


def test_pass_of_an_earlier_suite_is_shown_as_such(terminal: Terminal, judge: ObedientJudge) -> None:
    """When a suite changed, an old pass is one of an earlier version until it is passed again."""
    terminal("start", "tiny-double")
    terminal("check")
    with (terminal.course / "tiny-double" / "suite.py").open("a") as file:
        file.write("# stricter\n")
    assert answer(terminal, "list")["katas"][0]["is_earlier"] is True
    assert "passed an earlier version" in terminal("list").stdout
    assert "The checks of tiny-double changed" in terminal("check").stderr
    row = answer(terminal, "list")["katas"][0]
    assert (row["is_earlier"], row["changed"], row["status"]) == (False, [], "passed")


def test_real_engine_day(terminal: Terminal, warm: None) -> None:
    """With the real judge: a starter, a mistake with its prints, a pass, and the way on."""
    terminal("start", "tiny-double")
    assert terminal("check").exit_code == 1
    write(terminal, "def double(x):\n    print('seen', x)\n    return x * x\n")
    result = terminal("check")
    assert result.exit_code == 1
    assert "      │ seen 1" in result.stdout.splitlines()
    write(terminal, "def double(x):\n    return 2 * x\n")
    assert terminal("check").stdout.splitlines()[-1].startswith("  go on     mlkata next")
    assert [v["status"] for v in answer(terminal, "history")["versions"]] == [
        "incomplete",
        "failed",
        "passed",
    ]
