"""`mlkata author`: what those who write katas need."""

from __future__ import annotations

from importlib import import_module

import click

# Imported only to be run.
COMMANDS = {
    "new": "ml_katas.cli.author.new:new",
    "check": "ml_katas.cli.author.check:check",
    "preview": "ml_katas.cli.author.preview:preview",
}


class LazyGroup(click.Group):
    """A group that has the commands of the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(name="author", cls=LazyGroup)
def group() -> None:
    """Write katas and prove their suites."""
