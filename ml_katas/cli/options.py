"""The options that every command takes, and its kata argument."""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from ..support.paths import current_folder
from ..support.records import record
from .screen import Screen

if TYPE_CHECKING:
    from ..config import Config
    from ..course.catalog import Catalog
    from ..practice.state import AppState

_Command = Callable[..., Any]


@record(kw_only=True)
class Settings:
    """What the common options said; what they leave open the configuration says, read when asked for."""

    katas: Path | None
    json: bool
    color: str | None
    plain_flag: bool
    given: Config | None = None

    @cached_property
    def config(self) -> Config:
        """The configuration that holds here, or InvalidConfig is raised."""
        if self.given:
            return self.given
        from ..config import load
        from ..practice.workspace import Workspace

        workspace = Workspace.locate(current_folder())
        return load(workspace.folder if workspace else None)

    @cached_property
    def screen(self) -> Screen:
        config = self.config
        plain = self.plain_flag or config.settings.plain
        origin = config.origins["color"]
        why = f"--color {self.color}" if self.color else f"color is {config.value('color')} in {origin}"
        return Screen(self.color or config.value("color"), plain, why)

    def state(self, path: str = "") -> AppState:
        """Return the state of the folder that the command runs in, on this *path* or the one that is set."""
        from ..course.catalog import Catalog
        from ..practice.state import AppState
        from ..practice.workspace import Workspace

        cwd = current_folder()
        state = AppState(Catalog.load(self.katas, self._configured()), Workspace.locate(cwd), cwd)
        usual = self.config.settings.path
        if path or usual:
            from ..practice.overview import known_path

            try:
                state.path = known_path(state.catalog, path or usual)
            except UsageError as error:
                if path:
                    raise
                state.notes.append(f"{error.message} `mlkata config set path ''` leaves it.")
        return state

    def _configured(self) -> Path | None:
        config = self.config
        katas = config.settings.katas
        return Path(katas) if katas and config.origins["katas"] != "MLKATA_PATH" else None

    def bare(self, flag: bool | None) -> bool:
        """Return whether starters come without guidance."""
        return str(self.config.settings.starter) == "bare" if flag is None else flag


def common(function: _Command) -> _Command:
    """Give a command the common options; it receives them as its first argument, a Settings."""

    @functools.wraps(function)
    def command(katas: Path | None, color: str | None, plain: bool, json: bool, **rest: Any) -> Any:
        return function(Settings(katas=katas, json=json, color=color, plain_flag=plain), **rest)

    for option in reversed(_OPTIONS):
        option(command)
    return command


def refuse_json(settings: Settings, command: str, why: str) -> None:
    """Say that a command has no JSON, where it is asked for."""
    if settings.json:
        raise UsageError(f"`mlkata {command}` has no JSON: {why}.", "`mlkata check --json` has a report.")


def kata_argument(function: _Command) -> _Command:
    """Give a command an optional KATA, which the shell completes."""
    return click.argument("kata", default="", metavar="[KATA]", shell_complete=complete_kata)(function)


def number_argument(function: _Command) -> _Command:
    """Give a command an optional N behind its KATA; `with_number` reads the two."""
    return click.argument("number", default="", metavar="[N]")(function)


def with_number(kata: str, number: str, what: str, shown_by: str) -> tuple[str, int | None]:
    """Return KATA and N, of which either may be missing; a number alone is N."""
    if kata.isdigit() and not number:
        kata, number = "", kata
    if number and not number.isdigit():
        raise UsageError(f"A {what} is a number, not {number!r}.", f"`mlkata {shown_by}` shows them.")
    return kata, int(number) if number else None


def path_option(function: _Command) -> _Command:
    """Give a command `--path`, which the shell completes."""
    says = "Along this path of the course; `mlkata config set path NAME` stays on it."
    option = click.option("--path", default="", metavar="NAME", shell_complete=complete_path, help=says)
    return option(function)


def with_solutions_option(function: _Command) -> _Command:
    """Give a command `--with-solutions`, for katas that are built from earlier work."""
    says = "Where the kata builds on one that you have not passed, take its solution."
    return click.option("--with-solutions", is_flag=True, help=says)(function)


def bare_option(function: _Command) -> _Command:
    """Give a command `--bare` and `--guided`; neither leaves it to the setting `starter`."""
    says = "Signature and contract only, or the numbered steps too."
    return click.option("--bare/--guided", "bare", default=None, help=says)(function)


def complete_kata(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the katas that begin with *incomplete*; a broken set-up completes nothing."""
    catalog = _catalog(ctx)
    wanted = incomplete.replace("_", "-")
    return [slug for slug in catalog.slugs if slug.startswith(wanted)] if catalog else []


def complete_track(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the tracks that begin with *incomplete*; a broken set-up completes nothing."""
    catalog = _catalog(ctx)
    return [t.name for t in catalog.tracks if t.name.startswith(incomplete)] if catalog else []


def complete_path(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the paths that begin with *incomplete*; a broken set-up completes nothing."""
    catalog = _catalog(ctx)
    return [p.name for p in catalog.paths if p.name.startswith(incomplete)] if catalog else []


def complete_deck(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the decks that begin with *incomplete*; a broken set-up completes nothing."""
    from ..course.library import Library

    catalog = _catalog(ctx)
    return [name for name in Library(catalog).names if name.startswith(incomplete)] if catalog else []


def _catalog(ctx: click.Context) -> Catalog | None:
    from ..errors import MlkataError

    try:
        return (
            Settings(katas=ctx.params.get("katas"), json=False, color=None, plain_flag=False).state().catalog
        )
    except (MlkataError, OSError):
        return None


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
        default=None,
        help="Colour; NO_COLOR overrides it.",
    ),
    click.option("--plain", is_flag=True, help="No colour, no boxes, nothing that moves."),
)
