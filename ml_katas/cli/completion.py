"""`mlkata completion`: what makes a shell complete katas, commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from .options import Settings, common

VARIABLE = "_MLKATA_COMPLETE"


_ENABLE = {
    "bash": '# In ~/.bashrc:  eval "$(mlkata completion bash)"',
    "zsh": '# In ~/.zshrc:  eval "$(mlkata completion zsh)"',
    "fish": "# mlkata completion fish > ~/.config/fish/completions/mlkata.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(_ENABLE)))
@common
def completion(settings: Settings, shell: str) -> None:
    """Print what makes SHELL complete katas, commands and options; its first line says where it goes."""
    from .commands import mlkata

    kind = get_completion_class(shell)
    assert kind is not None
    script = f"{_ENABLE[shell]}\n{kind(mlkata, {}, 'mlkata', VARIABLE).source()}"
    if settings.json:
        settings.screen.emit({"schema": "mlkata.completion/1", "shell": shell, "script": script})
    else:
        click.echo(script)
