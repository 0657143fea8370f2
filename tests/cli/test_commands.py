"""The groups of commands: one table for each, whose commands are imported only to be run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest

from ml_katas.cli.commands import COMMANDS, SECTIONS, LazyGroup, mlkata

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal

GROUPS = ("author", "cards", "config", "server")


def commands(group: click.Group, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    """Return every command by the words that lead to it."""
    found: dict[tuple[str, ...], click.Command] = {}
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        found[*words, name] = command
        if isinstance(command, click.Group):
            found |= commands(command, (*words, name))
    return found


def test_every_command_answers_to_the_name_in_its_table() -> None:
    """Each row of each table leads to a command that has its name and says what it does."""
    for words, command in commands(mlkata).items():
        assert command.name == words[-1]
        assert command.help, words


def test_help_has_every_command_under_a_heading(terminal: Terminal) -> None:
    """`mlkata --help` groups the commands, and leaves none out."""
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(COMMANDS)
    shown = terminal("--help").stdout
    assert [title for title in SECTIONS if f"\n{title}:\n" in shown] == list(SECTIONS)


def test_all_groups_are_of_one_kind() -> None:
    """`mlkata` and the groups below it import a command only to run it."""
    groups = {words: group for words, group in commands(mlkata).items() if isinstance(group, click.Group)}
    assert {(name,) for name in GROUPS} <= set(groups)
    assert [words for words, group in groups.items() if not isinstance(group, LazyGroup)] == []


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_alone_shows_its_help(terminal: Terminal, group: str) -> None:
    """A group without a command shows how it is used, on stderr, with exit code 2."""
    result = terminal(group)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == terminal(group, "--help").stdout


@pytest.mark.parametrize(
    ("words", "near"),
    [(("author", "chek"), "check"), (("config", "gt"), "get"), (("server", "restrat"), "restart")],
)
def test_a_misspelled_command_has_a_nearest_one(
    terminal: Terminal, words: tuple[str, str], near: str
) -> None:
    """Every group names the command that was perhaps meant, and shows how it is used."""
    result = terminal(*words)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"mlkata: No command called {words[1]!r}. Did you mean {near!r}?",
        f"  `mlkata {words[0]} --help` shows how it is used.",
    ]


@pytest.mark.parametrize(
    ("words", "same"),
    [
        (("ls",), ("list",)),
        (("brief", "tiny-double"), ("show", "tiny-double")),
        (("--json", "list"), ("list", "--json")),
        (("--plain", "--json", "show", "tiny-sum"), ("show", "tiny-sum", "--plain", "--json")),
        (("help",), ("--help",)),
        (("help", "check"), ("check", "--help")),
        (("config", "help", "set"), ("config", "set", "--help")),
        (("show", "double"), ("show", "tiny-double")),
    ],
    ids=" ".join,
)
def test_other_ways_to_say_it(terminal: Terminal, words: tuple[str, ...], same: tuple[str, ...]) -> None:
    """Words of other tools, options before the command, `help`, and a part of a name do what one expects."""
    expected = terminal(*same)
    assert (terminal(*words).stdout, expected.exit_code) == (expected.stdout, 0)


@pytest.mark.parametrize("word", ["test", "run", "verify", "submit"])
def test_check_has_other_names(terminal: Terminal, judge: ObedientJudge, word: str) -> None:
    """What other tools call checking is checking."""
    terminal("start", "tiny-double")
    result = terminal(word)
    assert result.exit_code == 0
    assert "Solved" in result.stdout


def test_a_part_that_several_names_have_is_not_enough(terminal: Terminal) -> None:
    """A part of several names says which they are."""
    result = terminal("show", "tiny")
    assert result.exit_code == 2
    assert "'tiny-double'" in result.stderr
    assert "'tiny-sum'" in result.stderr


@pytest.mark.parametrize("command", ["replay", "watch"])
def test_what_has_no_json_says_so(terminal: Terminal, command: str) -> None:
    """A command that cannot print JSON refuses, instead of printing something else."""
    terminal("start", "tiny-double")
    result = terminal(command, "--json")
    assert result.exit_code == 2
    assert "has no JSON" in json.loads(result.stdout)["message"]
