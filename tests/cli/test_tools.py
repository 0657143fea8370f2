"""`open` and `completion`: the learner's own editor, and their own shell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Terminal


@pytest.fixture
def editors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put editors on the path that write down how they were called; return where."""
    folder, log = tmp_path / "bin", tmp_path / "called"
    folder.mkdir()
    for name in ("code", "vim", "mine"):
        script = folder / name
        script.write_text(f'#!/bin/sh\necho {name} "$@" >> {log}\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin:/bin")
    return log


@pytest.mark.parametrize(
    ("environ", "called"),
    [
        ({"EDITOR": "vim"}, "vim +5 {}"),
        ({"EDITOR": "vim", "VISUAL": "code -w"}, "code -w -g {}:5"),
        ({"EDITOR": "vim", "VISUAL": "vim", "MLKATA_EDITOR": "mine -x"}, "mine -x {}"),
        ({"TERM_PROGRAM": "vscode"}, "code -g {}:5"),
        ({"TERM_PROGRAM": "vscode", "EDITOR": "vim"}, "vim +5 {}"),
    ],
)
def test_open_finds_the_editor(
    terminal: Terminal, editors: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], called: str
) -> None:
    """`open` runs the editor that was named, at the line that waits to be written."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    terminal("start", "tiny-double")
    assert terminal("open").exit_code == 0
    assert editors.read_text().strip() == called.format(terminal.folder / "tiny_double.py")


def test_open_takes_the_setting(terminal: Terminal, editors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting `editor` beats VISUAL and EDITOR."""
    monkeypatch.setenv("VISUAL", "vim")
    terminal("start", "tiny-double")
    terminal("config", "set", "editor", "mine")
    terminal("open")
    assert editors.read_text().startswith("mine ")


def test_open_as_json_runs_nothing(
    terminal: Terminal, editors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`open --json` tells file, line and command, and leaves the editor alone."""
    monkeypatch.setenv("EDITOR", "vim")
    terminal("start", "tiny-double")
    path = str(terminal.folder / "tiny_double.py")
    assert json.loads(terminal("open", "--json").stdout) == {
        "schema": "mlkata.open/1",
        "kata": "tiny-double",
        "path": path,
        "line": 5,
        "command": ["vim", "+5", path],
    }
    assert not editors.exists()


@pytest.mark.parametrize(
    ("editor", "message"),
    [
        (None, "No editor is named, and none of the usual ones is there."),
        ("nowhere-to-be-found", "There is no editor called 'nowhere-to-be-found'."),
        ("vim 'x", 'The editor "vim \'x" cannot be read: No closing quotation.'),
        ("false", "false ended with exit code 1."),
    ],
)
def test_editor_that_cannot_run_is_reported(
    terminal: Terminal, editors: Path, monkeypatch: pytest.MonkeyPatch, editor: str | None, message: str
) -> None:
    """Without an editor that works the variables are named, and the exit code is 3."""
    monkeypatch.setattr("ml_katas.practice.editor._FALLBACKS", ())
    if editor:
        monkeypatch.setenv("EDITOR", editor)
    terminal("start", "tiny-double")
    result = terminal("open")
    assert result.exit_code == 3
    assert f"mlkata: {message}" in result.stderr.splitlines()


def test_an_editor_that_is_there_will_do(terminal: Terminal, editors: Path) -> None:
    """Where no editor is named, one of the usual ones is taken, as git does."""
    terminal("start", "tiny-double")
    command = json.loads(terminal("open", "--json").stdout)["command"]
    assert command[0] in {"nano", "vi", "vim", "emacs", "code"}


def test_open_before_start(terminal: Terminal, editors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kata that was never started is reported with the command that writes its file."""
    monkeypatch.setenv("EDITOR", "vim")
    terminal("start", "tiny-double")
    assert terminal("open", "tiny-sum").stderr.splitlines()[1] == "  `mlkata start tiny-sum` writes it."


def completions(words: str, folder: Path, **environ: str) -> list[str]:
    """Return what bash would be offered for the last of *words*, as its completion function asks for it."""
    asked = {
        "_MLKATA_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    command = [sys.executable, "-c", "from ml_katas.__main__ import main; main()"]
    environment = {**os.environ, **asked, **environ}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return [line.partition(",")[2] for line in result.stdout.splitlines()]


def test_shell_completes_commands_options_and_names(terminal: Terminal) -> None:
    """Commands, options, katas, tracks and settings are offered."""
    source = {"MLKATA_PATH": str(terminal.course)}
    folder = terminal.folder
    assert completions("mlkata res", folder) == ["reset", "restore"]
    assert completions("mlkata solution --g", folder) == ["--give-up"]
    assert completions("mlkata reset tiny", folder, **source) == ["tiny-double", "tiny-sum"]
    assert completions("mlkata list --track ti", folder, **source) == ["tiny"]
    assert completions("mlkata config set ed", folder) == ["editor"]
    assert "status" in completions("mlkata ", folder)


def test_completing_commands_imports_none(tmp_path: Path) -> None:
    """To offer the commands the shell waits for no command's module."""
    code = "import sys, atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
    code += "from ml_katas.__main__ import main; main()"
    asked = {"_MLKATA_COMPLETE": "bash_complete", "COMP_WORDS": "mlkata ", "COMP_CWORD": "1"}
    result = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )
    assert {"ml_katas.course.kata", "ml_katas.course.catalog", "rich"} & set(result.stderr.split()) == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script(terminal: Terminal, shell: str) -> None:
    """`completion SHELL` prints a script for that shell which calls mlkata, and says where it goes."""
    script = json.loads(terminal("completion", shell, "--json").stdout)["script"]
    assert script.startswith("# ")
    assert "_MLKATA_COMPLETE" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_unknown_shell_is_reported(terminal: Terminal) -> None:
    """A shell that is not known is a mistake that names those that are."""
    result = terminal("completion", "tcsh")
    assert (result.exit_code, "'bash', 'zsh', 'fish'" in result.stderr) == (2, True)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_really_completes(terminal: Terminal, tmp_path: Path) -> None:
    """A bash that has run the script completes a kata's name."""
    binary = tmp_path / "bin" / "mlkata"
    binary.parent.mkdir()
    binary.write_text(f"#!{sys.executable}\nfrom ml_katas.__main__ import main\nmain()\n")
    binary.chmod(0o755)
    script = (
        'eval "$(mlkata completion bash)"\n'
        "COMP_WORDS=(mlkata check tiny-d) COMP_CWORD=2\n"
        "_mlkata_completion mlkata tiny-d check\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    environ = {
        **os.environ,
        "PATH": f"{binary.parent}{os.pathsep}{os.environ['PATH']}",
        "MLKATA_PATH": str(terminal.course),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    result = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "tiny-double"
