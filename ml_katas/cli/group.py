"""The `mlkata` command, which imports a command's module only to run it."""

from __future__ import annotations

import difflib
from importlib import import_module

import click

from .. import __version__

# Each command's place and its line in `--help`; to import them all for it would take half a second.
COMMANDS = {
    "list": ("ml_katas.cli.catalogue:list_katas", "The catalogue, with your progress."),
    "start": ("ml_katas.cli.practice:start", "Write a kata's starter into the workspace."),
    "show": ("ml_katas.cli.catalogue:show", "The brief of a kata."),
    "check": ("ml_katas.cli.practice:check", "Judge your submission."),
    "hint": ("ml_katas.cli.practice:hint", "The next hint for a kata."),
    "demo": ("ml_katas.cli.demo:demo", "See the whole loop once, in a workspace that vanishes."),
    "doctor": ("ml_katas.cli.doctor:doctor", "What works on this machine, and how to mend what does not."),
    "author": ("ml_katas.cli.author:group", "Write katas and prove them."),
}


class LazyGroup(click.Group):
    """A group whose commands are the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"No command called {args[0]!r}.{guess}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    name="mlkata",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with `mlkata demo`, then `mlkata start`.",
)
@click.version_option(__version__, "-V", "--version", prog_name="mlkata", message="%(prog)s %(version)s")
def mlkata() -> None:
    """Practise machine learning by writing it."""
