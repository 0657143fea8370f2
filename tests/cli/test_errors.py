"""A mistake is reported once: what happened, the command to try next, the exit code; in JSON when asked."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ml_katas.errors import BadEnvironment

if TYPE_CHECKING:
    from conftest import Terminal


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["check"],
            ["No kata was started here yet.", "`mlkata start` begins the first; or name one."],
        ),
        (
            ["check", "tiny-double"],
            [
                "There is no workspace here or above.",
                "`mlkata start tiny-double` makes this folder one.",
            ],
        ),
        (
            ["hint", "tiny-sum"],
            ["There is no workspace here or above.", "`mlkata start tiny-sum` makes this folder one."],
        ),
        (
            ["show", "tiny-smu"],
            ["No kata called 'tiny-smu'. Did you mean 'tiny-sum'?", "`mlkata list` shows them all."],
        ),
        (
            ["list", "--track", "tinny"],
            ["No track called 'tinny'. Did you mean 'tiny'?", "The tracks are: tiny."],
        ),
        (
            ["chekc"],
            ["No command called 'chekc'. Did you mean 'check'?", "`mlkata --help` shows how it is used."],
        ),
        (
            ["check", "--seed", "xyz"],
            [
                "Invalid value for '--seed': a seed is written in hex, as a report shows it: 7f3a",
                "`mlkata check --help` shows how it is used.",
            ],
        ),
    ],
)
@pytest.mark.usefixtures("judge")
def test_mistake_is_reported_with_the_next_step(
    terminal: Terminal, arguments: list[str], lines: list[str]
) -> None:
    """A mistake in the command's use is two lines on stderr, nothing on stdout, and exit code 2."""
    result = terminal(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [f"mlkata: {lines[0]}", f"  {lines[1]}"]


@pytest.mark.usefixtures("judge")
def test_missing_submission_names_the_command_that_writes_it(terminal: Terminal) -> None:
    """Checking a kata that was never started says what `start` would do."""
    terminal("start", "tiny-double")
    result = terminal("check", "tiny-sum")
    assert result.stderr.splitlines() == [
        f"mlkata: There is no file {terminal.folder / 'tiny_sum.py'}.",
        "  `mlkata start tiny-sum` writes it.",
    ]


def test_json_error_is_one_object_on_stdout(terminal: Terminal) -> None:
    """With `--json` a mistake is one object on stdout, nothing on stderr, and the same exit code."""
    result = terminal("show", "nothing-like-it", "--json")
    assert (result.exit_code, result.stderr) == (2, "")
    assert json.loads(result.stdout) == {
        "schema": "mlkata.error/1",
        "error": "unknown-kata",
        "message": "No kata called 'nothing-like-it'.",
        "next_step": "`mlkata list` shows them all.",
        "exit_code": 2,
    }


def test_json_error_covers_the_command_line_itself(terminal: Terminal) -> None:
    """An option that does not exist is a JSON error too."""
    found = json.loads(terminal("list", "--json", "--bogus").stdout)
    assert (found["error"], found["exit_code"]) == ("usage-error", 2)
    assert found["next_step"] == "`mlkata list --help` shows how it is used."


def test_broken_kata_is_the_authors_turn(terminal: Terminal) -> None:
    """A kata that cannot be read is reported with file and line, and exits with 4."""
    toml = terminal.course / "tiny-sum" / "kata.toml"
    toml.write_text(toml.read_text().replace("minutes", "minuts"))
    result = terminal("show", "tiny-sum")
    assert result.exit_code == 4
    assert result.stderr.splitlines() == [f"mlkata: {toml}:3: unknown key 'minuts'. Did you mean 'minutes'?"]


def test_machine_that_cannot_judge_is_reported(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine lacks is reported with the command that fixes it, and exits with 3."""

    @contextmanager
    def judging(**_):  # type: ignore[no-untyped-def]
        raise BadEnvironment("torch is missing.", "`pip install torch` installs it.")
        yield

    monkeypatch.setattr("ml_katas.judging.client.judging", judging)
    terminal("start", "tiny-double")
    result = terminal("check")
    assert result.exit_code == 3
    assert result.stderr.splitlines() == ["mlkata: torch is missing.", "  `pip install torch` installs it."]


def test_escape_sequences_in_a_name_come_to_nothing(terminal: Terminal) -> None:
    """What a message repeats from outside cannot recolour or move the terminal."""
    result = terminal("show", "\x1b[31mred")
    assert "\x1b" not in result.stderr
