"""The `mlkata` command, and groups of commands that import a command's module only to run it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..support.spelling import nearest
from .screen import resolve_colour

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Table = Mapping[str, tuple[str, str]]  # each command's place and its line in `--help`

COMMANDS: Table = {
    "status": ("ml_katas.cli.status:status", "Where you are and what to do next; `mlkata` alone."),
    "list": ("ml_katas.cli.list:list_katas", "The catalogue, with your progress."),
    "start": ("ml_katas.cli.start:start", "Write a kata's starter into the workspace."),
    "next": ("ml_katas.cli.start:next_kata", "Start the next kata."),
    "show": ("ml_katas.cli.show:show", "The brief of a kata."),
    "open": ("ml_katas.cli.open:open_kata", "Open your file in your editor."),
    "check": ("ml_katas.cli.check:check", "Judge your submission."),
    "watch": ("ml_katas.cli.watch:watch", "Judge on every save; one key for what comes next."),
    "hint": ("ml_katas.cli.hint:hint", "The next hint for a kata."),
    "solution": ("ml_katas.cli.solution:solution", "The solution, once you have passed."),
    "reset": ("ml_katas.cli.versions:reset", "Back to the starter; yours is kept."),
    "history": ("ml_katas.cli.versions:history", "The kept versions of your file."),
    "restore": ("ml_katas.cli.versions:restore", "Bring a kept version back."),
    "replay": ("ml_katas.cli.replay:replay", "Run the failing calls in your own terminal."),
    "review": ("ml_katas.cli.review:review", "The cards and katas that are due."),
    "cards": ("ml_katas.cli.cards:group", "Flashcards: list, show, check and add them."),
    "stats": ("ml_katas.cli.stats:stats", "Your reviews: streak, retention, what is to come."),
    "demo": ("ml_katas.cli.demo:demo", "See the whole loop once, in a workspace that vanishes."),
    "doctor": ("ml_katas.cli.doctor:doctor", "What works on this machine, and how to fix what does not."),
    "server": ("ml_katas.cli.server:group", "The process that makes checks fast."),
    "config": ("ml_katas.cli.config:group", "Read and change settings."),
    "completion": ("ml_katas.cli.completion:completion", "Make your shell complete katas and options."),
    "author": ("ml_katas.cli.author:group", "Write katas and prove them."),
}
SECTIONS = {
    "Practise": (
        "status",
        "list",
        "start",
        "next",
        "show",
        "open",
        "check",
        "watch",
        "hint",
        "replay",
        "solution",
    ),
    "Your versions": ("history", "restore", "reset"),
    "Remember": ("review", "cards", "stats"),
    "Your machine": ("demo", "doctor", "config", "server", "completion"),
    "For authors": ("author",),
}
SYNONYMS = {
    "test": "check",
    "run": "check",
    "verify": "check",
    "submit": "check",
    "ls": "list",
    "brief": "show",
}
_OWN_OPTIONS = ("-h", "--help", "-V", "--version")


class Context(click.Context):
    """One run of a command; how `--help` looks is imported where it is asked for."""

    def get_help(self) -> str:
        self.color = resolve_colour("auto", sys.stdout, os.environ).on
        return super().get_help()

    def make_formatter(self) -> click.HelpFormatter:
        from .help import HelpFormatter

        return HelpFormatter(is_coloured=bool(self.color))


class LazyGroup(click.Group):
    """A group whose commands are those of a *table*; where none is named, it is the *default*.

    The table has the lines of `--help`, since to import all commands for them would take half a second.
    """

    context_class = Context

    def __init__(
        self,
        *args: Any,
        table: Table,
        default: str = "",
        synonyms: Mapping[str, str] | None = None,
        sections: Mapping[str, tuple[str, ...]] | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__(*args, **attributes)
        self._table = table
        self._synonyms = synonyms or {}
        self._sections = sections or {"Commands": tuple(table)}
        self._default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            args = self._with_command_first(args)
        return super().parse_args(ctx, args)

    def _with_command_first(self, args: list[str]) -> list[str]:
        """Put the command before options, `help list` as `list --help`, the default where none is named."""
        if args[:1] == ["help"]:
            return [*args[1:2], "--help"]
        if args and not args[0].startswith("-"):
            return [self._synonyms.get(args[0], args[0]), *args[1:]]
        if not self._default or args[:1] in [[option] for option in _OWN_OPTIONS]:
            return args
        at = next((n for n, word in enumerate(args) if word in self._table or word in self._synonyms), None)
        if at is None:
            return [self._default, *args]
        return [self._synonyms.get(args[at], args[at]), *args[:at], *args[at + 1 :]]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        named = [
            CompletionItem(name, help=line)
            for name, (_, line) in self._table.items()
            if name.startswith(incomplete)
        ]
        return named + click.Command.shell_complete(self, ctx, incomplete)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self._table:
            return None
        module, attribute = self._table[name][0].split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        command.context_class = Context
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self._table and not args[0].startswith("-"):
            raise click.UsageError(f"No command called {args[0]!r}.{nearest(args[0], self._table)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in self._sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, self._table[name][1]) for name in names])


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    default="status",
    synonyms=SYNONYMS,
    sections=SECTIONS,
    name="mlkata",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with `mlkata demo`, then `mlkata start`.",
)
@click.version_option(__version__, "-V", "--version", prog_name="mlkata", message="%(prog)s %(version)s")
def mlkata() -> None:
    """Practise machine learning by writing it."""
