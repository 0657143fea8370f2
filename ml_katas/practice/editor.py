"""Which editor opens a submission, and at which line."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from ..course.kata import Kata
from ..errors import BadEnvironment
from ..support.records import record
from .state import AppState
from .workspace import read_submission

_VARIABLES = ("VISUAL", "EDITOR")
_FALLBACKS = ("nano", "vi", "vim", "emacs", "code")  # what is in the terminal first
# How editors take a line; every other one gets the file alone.
_GOTO = ("code", "code-insiders", "codium", "cursor", "windsurf")
_PLUS = ("vi", "vim", "nvim", "nano", "emacs", "emacsclient", "kak", "micro", "gedit", "kate")


@record
class Opening:
    """A submission to open, the line to begin at, and the command that does it."""

    kata: Kata
    path: Path
    line: int
    command: tuple[str, ...]


def opening(state: AppState, name: str, editor: str, environ: Mapping[str, str] = os.environ) -> Opening:
    """Return how to open the submission for a kata; *editor* is what was set for mlkata, if anything."""
    kata = state.find(name)
    path = state.needed_workspace(kata).submission_path(kata)
    line = _line(read_submission(path, kata.slug))
    return Opening(kata, path, line, editor_command(path, line, editor, environ))


def editor_command(
    path: Path, line: int, editor: str, environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Return the command that opens a file at a line; *editor* is what was set for mlkata, if anything."""
    return _command(_editor(editor, environ), path, line)


def _editor(editor: str, environ: Mapping[str, str]) -> str:
    named = editor or next((environ[name] for name in _VARIABLES if environ.get(name, "").strip()), "")
    if named:
        return named
    if environ.get("TERM_PROGRAM") == "vscode" and shutil.which("code"):
        return "code"
    there = next((name for name in _FALLBACKS if shutil.which(name)), "")
    if there:
        return there
    raise BadEnvironment(
        "No editor is named, and none of the usual ones is there.",
        "Set MLKATA_EDITOR, VISUAL or EDITOR, or run `mlkata config set editor COMMAND`.",
    )


def _command(editor: str, path: Path, line: int) -> tuple[str, ...]:
    try:
        words = shlex.split(editor)
    except ValueError as error:
        raise BadEnvironment(f"The editor {editor!r} cannot be read: {error}.", "Fix its quotes.") from None
    if not shutil.which(words[0]):
        raise BadEnvironment(
            f"There is no editor called {words[0]!r}.", "MLKATA_EDITOR, VISUAL and EDITOR name one."
        )
    program = Path(words[0]).name.removesuffix(".exe")
    if program in _GOTO:
        return (*words, "-g", f"{path}:{line}")
    return (*words, f"+{line}", str(path)) if program in _PLUS else (*words, str(path))


def _line(source: bytes) -> int:
    """Return the line that waits to be written, or else the first."""
    lines = source.decode(errors="replace").splitlines()
    return next((n for n, line in enumerate(lines, 1) if "raise NotImplementedError" in line), 1)
