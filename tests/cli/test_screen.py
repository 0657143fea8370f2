"""Colour is resolved once: NO_COLOR beats --color, which beats FORCE_COLOR, which beats the terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import click
import pytest

from ml_katas.cli.screen import resolve_colour

if TYPE_CHECKING:
    from conftest import Terminal


class Tty(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "flag", "tty", "on"),
    [
        ({}, "auto", True, True),
        ({}, "auto", False, False),
        ({"TERM": "dumb"}, "auto", True, False),
        ({"FORCE_COLOR": "1"}, "auto", False, True),
        ({"FORCE_COLOR": "0"}, "auto", True, False),
        ({"FORCE_COLOR": "1"}, "never", True, False),
        ({}, "always", False, True),
        ({"TERM": "dumb"}, "always", False, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "always", True, False),
        ({"NO_COLOR": ""}, "auto", True, True),
    ],
)
def test_settings_have_an_order(environ: dict[str, str], flag: str, tty: bool, on: bool) -> None:
    """Each setting gives way to the one before it; an empty NO_COLOR says nothing."""
    assert resolve_colour(flag, Tty() if tty else io.StringIO(), environ).on is on


def test_output_has_colour_only_where_asked(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output to a pipe is free of escape sequences, coloured with `--color always`, never with NO_COLOR."""
    assert "\x1b" not in terminal("list").stdout
    assert "\x1b[" in terminal("list", "--color", "always").stdout
    assert "\x1b" not in terminal("list", "--color", "always", "--plain").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in terminal("list", "--color", "always").stdout


@pytest.mark.parametrize("command", [(), ("check",), ("author",), ("author", "check")])
@pytest.mark.parametrize("columns", [40, 80])
def test_help_is_coloured_and_fits(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], columns: int
) -> None:
    """`--help` of every command is no wider than the terminal, and the same words with colour as without."""
    monkeypatch.setenv("COLUMNS", str(columns))
    plain = terminal(*command, "--help").stdout
    assert max(map(len, plain.splitlines())) <= columns
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = terminal(*command, "--help").stdout
    assert coloured != plain
    assert click.unstyle(coloured) == plain


def test_plain_output_draws_no_boxes(terminal: Terminal) -> None:
    """`--plain` keeps to ASCII where rich would draw lines."""
    assert not set("─│┌┐└┘━╭╮╰╯") & set(terminal("list", "--plain").stdout)


def test_terminal_that_lacks_a_sign_is_no_reason_to_crash(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A title with signs that the terminal cannot show is listed all the same."""
    toml = terminal.course / "tiny-sum" / "kata.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("Sum a list", "Σ a list 和"), encoding="utf-8")
    monkeypatch.setattr("click.testing.CliRunner.charset", "latin-1", raising=False)
    for command in (["list"], ["list", "--json"], ["start", "tiny-sum"]):
        assert terminal(*command).exit_code == 0
