"""`mlkata open`: the submission in an editor."""

from __future__ import annotations

import subprocess

import click

from ..errors import BadEnvironment
from .messages import closing_notices, short
from .options import Settings, common, kata_argument


@click.command("open")
@kata_argument
@common
def open_kata(settings: Settings, kata: str) -> None:
    """Open your file for KATA in your editor, at the line that waits to be written.

    The editor: MLKATA_EDITOR, the setting `editor`, VISUAL, EDITOR; `code` in a terminal of VS Code;
    then nano, vi and others, if they are there.
    With --json the command is shown and not run.
    """
    from ..practice.editor import opening

    with settings.state() as state, closing_notices(settings.screen, state):
        found = opening(state, kata, settings.config.settings.editor)
    if settings.json:
        settings.screen.emit(
            {
                "schema": "mlkata.open/1",
                "kata": found.kata.slug,
                "path": str(found.path),
                "line": found.line,
                "command": list(found.command),
            }
        )
        return
    settings.screen.note(f"{short(found.path)}:{found.line}")
    code = subprocess.run(found.command, check=False).returncode
    if code:
        raise BadEnvironment(f"{found.command[0]} ended with exit code {code}.")
