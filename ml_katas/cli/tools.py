"""`mlkata open` and `mlkata completion`."""

from __future__ import annotations

import subprocess

import click
from click.shell_completion import get_completion_class

from ..errors import BadEnvironment
from .options import Settings, common, kata_argument
from .saying import closing_notices, short

VARIABLE = "_MLKATA_COMPLETE"
_ENABLE = {
    "bash": '# In ~/.bashrc:  eval "$(mlkata completion bash)"',
    "zsh": '# In ~/.zshrc:  eval "$(mlkata completion zsh)"',
    "fish": "# mlkata completion fish > ~/.config/fish/completions/mlkata.fish",
}


@click.command("open")
@kata_argument
@common
def open_kata(settings: Settings, kata: str) -> None:
    """Open your file for KATA in your editor, at the line that waits to be written.

    The editor: MLKATA_EDITOR, the setting `editor`, VISUAL, EDITOR; `code` in a terminal of VS Code.
    With --json the command is told and not run.
    """
    from ..editing import opening

    with settings.desk() as desk, closing_notices(settings.screen, desk):
        found = opening(desk, kata, settings.config.settings.editor)
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


@click.command()
@click.argument("shell", type=click.Choice(list(_ENABLE)))
@common
def completion(settings: Settings, shell: str) -> None:
    """Print what makes SHELL complete katas, commands and options; its first line says where it goes."""
    from .group import mlkata

    kind = get_completion_class(shell)
    assert kind is not None
    script = f"{_ENABLE[shell]}\n{kind(mlkata, {}, 'mlkata', VARIABLE).source()}"
    if settings.json:
        settings.screen.emit({"schema": "mlkata.completion/1", "shell": shell, "script": script})
    else:
        click.echo(script)
