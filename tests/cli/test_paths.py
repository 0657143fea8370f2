"""Ways through the course: paths, and what a kata asks for first."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Terminal

    from tests.plugins.obedient import ObedientJudge

TRACKS = """
[[track]]
name = "tiny"
title = "Tiny steps"
about = "Numbers, one at a time."
katas = ["tiny-double", "tiny-sum", "tiny-triple"]

[[path]]
name = "backwards"
title = "From the end"
about = "The last comes first."
katas = ["tiny-triple", "tiny-double"]
"""


@pytest.fixture(autouse=True)
def tracks(terminal: Terminal) -> None:
    """Give the fixture course a third kata, which asks for `tiny-sum` first, and a path."""
    course = terminal.course
    shutil.copytree(course / "tiny-double", course / "tiny-triple")
    facts = (course / "tiny-triple" / "kata.toml").read_text(encoding="utf-8")
    facts = facts.replace("Double a number", "Triple a number").replace("minutes = 1", "minutes = 90")
    facts = facts.replace("entry_points", 'requires = ["tiny-sum"]\nentry_points')
    (course / "tiny-triple" / "kata.toml").write_text(facts, encoding="utf-8")
    (course / "tracks.toml").write_text(TRACKS, encoding="utf-8")


def started(terminal: Terminal, *arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(terminal(*arguments, "--json").stdout)
    return {name: answer[name] for name in ("kata", "why", "needed_for")}


def solve(terminal: Terminal, judge: ObedientJudge, kata: str) -> None:
    terminal("start", kata)
    assert terminal("check", kata).exit_code == 0


def test_the_list_says_what_tracks_teach_and_which_paths_there_are(terminal: Terminal) -> None:
    """Under each track stand its sentence and the time it takes; the paths come last."""
    assert terminal("list").stdout.splitlines() == [
        "Tiny steps" + "0 of 3, 2 h".rjust(70),
        "Numbers, one at a time.",
        "    tiny-double  Double a number                                  easy     1 min",
        "    tiny-sum     Sum a list                                       medium   2 min",
        "    tiny-triple  Triple a number                                  easy    90 min",
        "",
        "Paths: mlkata list --path NAME, mlkata next --path NAME",
        "  backwards  From the end                                            0 of 2, 2 h",
    ]


def test_a_path_is_listed_in_its_order(terminal: Terminal) -> None:
    """`list --path` shows the katas of a path as it orders them, under its own title."""
    assert terminal("list", "--path", "backwards").stdout.splitlines() == [
        "From the end" + "0 of 2, 2 h".rjust(68),
        "The last comes first.",
        "    tiny-triple  Triple a number                                  easy    90 min",
        "    tiny-double  Double a number                                  easy     1 min",
    ]


def test_only_what_fits_into_the_time_is_listed(terminal: Terminal) -> None:
    """`list --minutes` leaves out what takes longer."""
    listed = json.loads(terminal("list", "--minutes", "2", "--json").stdout)
    assert [row["slug"] for row in listed["katas"]] == ["tiny-double", "tiny-sum"]


def test_what_a_kata_asks_for_comes_first(terminal: Terminal, judge: ObedientJudge) -> None:
    """`next` gives the kata that the next one asks for, says so, and goes on when it is passed."""
    for needed in ("tiny-double", "tiny-sum"):  # which asks for the first itself
        assert started(terminal, "next", "--path", "backwards") == {
            "kata": needed,
            "why": "needed",
            "needed_for": "tiny-triple",
        }
        assert terminal("check").exit_code == 0
    assert started(terminal, "next", "--path", "backwards") == {
        "kata": "tiny-triple",
        "why": "path",
        "needed_for": None,
    }
    assert "Wrote" not in terminal("next", "--path", "backwards").stdout


def test_a_path_that_is_set_is_followed(terminal: Terminal, judge: ObedientJudge) -> None:
    """With the setting `path` every `next` follows it, and a pass names its next kata; without, the track."""
    terminal("config", "set", "path", "backwards")
    solve(terminal, judge, "tiny-sum")
    assert "  go on     mlkata next   Triple a number (easy, about 90 min)" in terminal("check").stdout
    assert started(terminal, "next")["kata"] == "tiny-triple"
    terminal("check")
    assert started(terminal, "next") == {"kata": "tiny-double", "why": "path", "needed_for": None}


def test_unknown_paths(terminal: Terminal) -> None:
    """A path that does not exist is an error with the nearest one; one that is set is left with a note."""
    done = terminal("next", "--path", "backward")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "mlkata: No path called 'backward'. Did you mean 'backwards'?",
        "  The paths are: backwards.",
    ]
    terminal("config", "set", "path", "gone")
    done = terminal("next")
    assert done.exit_code == 0
    assert done.stderr.splitlines() == ["No path called 'gone'. `mlkata config set path ''` leaves it."]


def test_a_path_that_names_no_kata_is_reported(terminal: Terminal) -> None:
    """An unknown kata in a path is a remark with file and line; the path goes on without it."""
    path = terminal.course / "tracks.toml"
    path.write_text(TRACKS.replace('["tiny-triple", ', '["tiny-tripel", '), encoding="utf-8")
    done = terminal("list", "--path", "backwards")
    assert "tracks.toml:12: path 'backwards' names an unknown kata: 'tiny-tripel'." in done.stderr
    assert "tiny-double" in done.stdout
