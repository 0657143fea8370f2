"""Settings: who beats whom, what a mistake in a file looks like, and comments that stay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Terminal


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """Return the user's configuration file; its folder exists."""
    path = tmp_path / "home" / "config.toml"
    path.parent.mkdir()
    return path


def origin(terminal: Terminal, name: str) -> tuple[object, str]:
    """Return the value of a setting and where it comes from."""
    found = json.loads(terminal("config", "get", name, "--json").stdout)
    assert found["schema"] == "mlkata.setting/1"
    return found["value"], found["from"]


def test_each_source_beats_the_next(terminal: Terminal, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable beats the workspace's file, which beats the user's, which beats the default."""
    terminal("start")
    assert origin(terminal, "starter") == ("guided", "default")
    user.write_text('starter = "bare"\n')
    assert origin(terminal, "starter") == ("bare", str(user))
    workspace = terminal.folder / "mlkata.toml"
    workspace.write_text('starter = "guided"\n')
    assert origin(terminal, "starter") == ("guided", str(workspace))
    monkeypatch.setenv("MLKATA_STARTER", "bare")
    assert origin(terminal, "starter") == ("bare", "MLKATA_STARTER")


def test_color_and_plain_come_from_the_file(terminal: Terminal, user: Path) -> None:
    """`color` and `plain` hold for every command; a flag beats them."""
    user.write_text('color = "always"\n')
    assert "\x1b[" in terminal("list").stdout
    assert "\x1b" not in terminal("list", "--color", "never").stdout
    user.write_text('color = "always"\nplain = true\n')
    assert "\x1b" not in terminal("list").stdout


def test_katas_of_the_user(terminal: Terminal) -> None:
    """A folder of katas that the user set adds its katas to the course."""
    terminal("start", "tiny-double")
    (terminal.course / "tiny-sum").rename(terminal.folder / "extra-sum")
    (terminal.folder / "own").mkdir()
    (terminal.folder / "extra-sum").rename(terminal.folder / "own" / "extra-sum")
    assert terminal("config", "set", "katas", "own").exit_code == 0
    slugs = [row["slug"] for row in json.loads(terminal("list", "--json").stdout)["katas"]]
    assert slugs == ["tiny-double", "extra-sum"]


def test_no_folder_may_choose_the_katas(terminal: Terminal) -> None:
    """A workspace's file that names katas is refused: their suites are code that would run."""
    terminal("start", "tiny-double")
    (terminal.folder / "mlkata.toml").write_text('katas = "own"\n')
    assert terminal("list").exit_code == 3


def test_folder_with_settings_is_a_workspace(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cloned folder that holds `mlkata.toml` is where submissions go, though nothing was started yet."""
    (terminal.folder / "mlkata.toml").write_text("")
    below = terminal.folder / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    first = terminal("start", "tiny-double").stdout.splitlines()[0]
    assert first == f"{terminal.folder} is now your workspace; .mlkata/ in it keeps your progress."
    assert (terminal.folder / "tiny_double.py").exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\ncolour = 'never'\n", ":2: unknown key 'colour'. Did you mean 'color'?"),
        ("color = 'nevr'\n", ":1: 'color' must be auto | always | never, not 'nevr'. Did you mean 'never'?"),
        ("plain = 'yes'\n", ":1: 'plain' must be true or false, not 'yes'."),
        ("plain = \n", ":1: not TOML: Invalid value (at line 1, column 9)"),
    ],
)
def test_mistake_in_a_file_is_reported_with_its_line(
    terminal: Terminal, user: Path, text: str, problem: str
) -> None:
    """A mistake in a configuration file names file, line and the right word, and exits with 3."""
    user.write_text(text)
    result = terminal("list")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        f"mlkata: {user}{problem}",
        "  `mlkata config list` shows what can be set.",
    ]


def test_mistake_in_a_variable_is_reported(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that says what cannot be is reported by its name."""
    monkeypatch.setenv("MLKATA_PLAIN", "maybe")
    result = terminal("list")
    assert result.exit_code == 3
    assert result.stderr.startswith("mlkata: MLKATA_PLAIN: 'plain' must be true | false, not 'maybe'.")


@pytest.mark.engine
def test_doctor_works_with_a_broken_file(terminal: Terminal, user: Path) -> None:
    """`doctor` tells of a broken configuration file and examines the rest."""
    user.write_text("colour = 1\n")
    findings = json.loads(terminal("doctor", "--json").stdout)["findings"]
    assert [f["says"] for f in findings if f["name"] == "settings"] == [
        f"{user}:1: unknown key 'colour'. Did you mean 'color'?"
    ]


def test_no_folder_may_choose_the_editor(terminal: Terminal) -> None:
    """A workspace's file that names an editor is refused, and so is writing one into it."""
    terminal("start")
    (terminal.folder / "mlkata.toml").write_text('editor = "rm -r"\n')
    result = terminal("open")
    assert result.exit_code == 3
    assert "no folder may choose what you run" in result.stderr
    (terminal.folder / "mlkata.toml").unlink()
    assert terminal("config", "set", "editor", "vi", "--workspace").exit_code == 2
    assert not (terminal.folder / "mlkata.toml").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'editor = "code -w"\n'),
        ("# mine\n\ncolor = 'never' # dark\n", "# mine\n\ncolor = 'never' # dark\neditor = \"code -w\"\n"),
        ('editor = "a # b" # why\nplain = true', 'editor = "code -w" # why\nplain = true'),
        ("  editor='x'\n", '  editor="code -w"\n'),
        ("plain = true", 'plain = true\neditor = "code -w"\n'),
        ('editor = """\nvi\n"""  # long\nplain = true\n', 'editor = "code -w"  # long\nplain = true\n'),
        ("# editor = 'x'\n", "# editor = 'x'\neditor = \"code -w\"\n"),
    ],
)
def test_set_leaves_other_lines_as_they_are(terminal: Terminal, user: Path, before: str, after: str) -> None:
    """`config set` changes or adds one line; comments, order and the other settings stay."""
    user.write_text(before)
    result = terminal("config", "set", "editor", "code -w")
    assert (result.exit_code, user.read_text()) == (0, after)
    assert terminal("config", "get", "editor").stdout == "code -w\n"


def test_unset_takes_a_setting_out(terminal: Terminal, user: Path) -> None:
    """`config unset` takes one line out, says what holds now, and says when nothing was set."""
    user.write_text("# mine\neditor = 'vi'\nplain = true\n")
    lines = terminal("config", "unset", "editor").stdout.splitlines()
    assert user.read_text() == "# mine\nplain = true\n"
    assert lines[1] == "It is (none), from its default."
    assert "was not set" in terminal("config", "unset", "editor").stdout
    assert terminal("config", "unset", "edtor").exit_code == 2


@pytest.mark.parametrize("value", ["say \"hi\" \\ 'there'", "emacs\t-nw", "édit", "a\x7fb", "a\nb", ""])
def test_any_text_comes_back_as_it_was(terminal: Terminal, user: Path, value: str) -> None:
    """A value with quotes, backslashes, control characters or odd letters is read back as it was set."""
    assert terminal("config", "set", "editor", value).exit_code == 0
    assert origin(terminal, "editor") == (value, str(user))


def test_a_file_with_a_mistake_is_not_written_to(terminal: Terminal, user: Path) -> None:
    """`config set` refuses a file that cannot be read, as every command does, and leaves it as it is."""
    user.write_text("colour = 1\n")
    result = terminal("config", "set", "plain", "yes")
    assert (result.exit_code, user.read_text()) == (3, "colour = 1\n")
    assert result.stderr.startswith(f"mlkata: {user}:1: unknown key 'colour'.")


def test_line_ends_stay(terminal: Terminal, user: Path) -> None:
    """A file with the line ends of another system keeps them."""
    user.write_bytes(b"# mine\r\nplain = false # quiet\r\n")
    terminal("config", "set", "plain", "yes")
    assert user.read_bytes() == b"# mine\r\nplain = true # quiet\r\n"


def test_set_says_when_something_else_comes_first(
    terminal: Terminal, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting that a variable overrides is written, and that is said."""
    monkeypatch.setenv("MLKATA_STARTER", "guided")
    assert terminal("config", "set", "starter", "bare").stdout.splitlines() == [
        f"starter is set in {user}.",
        "Here MLKATA_STARTER comes first: guided.",
    ]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["set", "colr", "never"],
            [
                "No setting called 'colr'. Did you mean 'color'?",
                "  The settings are: color, editor, katas, path, plain, starter.",
            ],
        ),
        (["set", "color", "red"], ["'color' must be auto | always | never, not 'red'."]),
        (
            ["set", "color", "never", "--workspace"],
            ["There is no workspace here or above.", "  `mlkata start` makes this folder one."],
        ),
    ],
)
def test_wrong_setting_is_a_mistake_in_words(
    terminal: Terminal, user: Path, arguments: list[str], lines: list[str]
) -> None:
    """A setting or value that does not exist is reported with what does, and nothing is written."""
    result = terminal("config", *arguments)
    assert (result.exit_code, user.exists()) == (2, False)
    assert result.stderr.splitlines() == [f"mlkata: {lines[0]}", *lines[1:]]


def test_settings_are_listed(terminal: Terminal, user: Path) -> None:
    """`config list` shows every setting with its meaning and origin, `config path` both files."""
    user.write_text('color = "never"\n')
    lines = terminal("config", "list").stdout.splitlines()
    assert lines[:3] == ["color = never", "    auto, always or never; MLKATA_COLOR", f"    from {user}"]
    found = json.loads(terminal("config", "list", "--json").stdout)
    assert found["schema"] == "mlkata.config/1"
    names = ["color", "editor", "katas", "path", "plain", "starter"]
    assert [row["name"] for row in found["settings"]] == names
    assert json.loads(terminal("config", "path", "--json").stdout) == {
        "schema": "mlkata.config-path/1",
        "user": str(user),
        "workspace": None,
    }


def test_link_to_the_file_stays_a_link(terminal: Terminal, user: Path, tmp_path: Path) -> None:
    """A configuration file that is a link into a collection of dotfiles is written through."""
    real = tmp_path / "dotfiles.toml"
    real.write_text("# mine\n")
    user.symlink_to(real)
    terminal("config", "set", "plain", "yes")
    assert (user.is_symlink(), real.read_text()) == (True, "# mine\nplain = true\n")


def test_platformdirs_is_not_imported_on_linux(tmp_path: Path) -> None:
    """Reading the settings costs no import of platformdirs."""
    code = "import sys; from ml_katas import config; config.load(None); print('platformdirs' in sys.modules)"
    environ = {**os.environ, "MLKATA_HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True
    )
    assert result.stdout == "False\n"
