"""The options that every command takes, and its kata argument."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ..practice import Desk
from .screen import Screen

Command = Callable[..., Any]


@dataclass(frozen=True)
class Settings:
    """What the common options said."""

    katas: Path | None
    json: bool
    screen: Screen

    def desk(self) -> Desk:
        """Return the desk of the folder that the command runs in."""
        return Desk.at(Path.cwd(), self.katas)


def common(function: Command) -> Command:
    """Give a command the common options; it receives them as its first argument, a Settings."""

    @functools.wraps(function)
    def command(katas: Path | None, color: str, plain: bool, json: bool, **rest: Any) -> Any:
        return function(Settings(katas, json, Screen(color, plain)), **rest)

    for option in reversed(_OPTIONS):
        option(command)
    return command


def kata_argument(function: Command) -> Command:
    """Give a command an optional KATA, which the shell completes."""
    return click.argument("kata", default="", metavar="[KATA]", shell_complete=complete_kata)(function)


def complete_kata(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the katas that begin with *incomplete*; a broken set-up completes nothing."""
    from ..catalog import Catalog
    from ..errors import MlkataError

    try:
        slugs = Catalog.load(ctx.params.get("katas")).slugs
    except (MlkataError, OSError):
        return []
    return [slug for slug in slugs if slug.startswith(incomplete.replace("_", "-"))]


_OPTIONS = (
    click.option("--json", is_flag=True, help="Write one JSON object on stdout, nothing else."),
    click.option(
        "--katas",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="A folder of katas that comes before all others.",
    ),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colour; NO_COLOR overrides it.",
    ),
    click.option("--plain", is_flag=True, help="No colour, no boxes, nothing that moves."),
)
