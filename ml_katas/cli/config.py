"""`mlkata config`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from .. import config
from ..config import ABOUT, Config
from ..errors import UsageError
from ..practice.workspace import Workspace
from ..support.paths import current_folder
from .commands import LazyGroup
from .messages import short
from .options import Settings, common

_NOWHERE = {"user": "you have no home folder here", "workspace": "there is no workspace here"}


def complete_setting(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the settings that begin with *incomplete*."""
    return [name for name in ABOUT if name.startswith(incomplete)]


COMMANDS = {
    "list": ("ml_katas.cli.config:list_settings", "Every setting, where it comes from, and what it is for."),
    "get": ("ml_katas.cli.config:get", "The value of one setting."),
    "set": ("ml_katas.cli.config:set_setting", "Set a setting in your own file, or the workspace's."),
    "unset": (
        "ml_katas.cli.config:unset_setting",
        "Take a setting out of that file again.",
    ),
    "path": ("ml_katas.cli.config:show_path", "Where the settings are."),
}


@click.group(name="config", cls=LazyGroup, table=COMMANDS)
def group() -> None:
    """Read and change settings.

    A flag beats its variable, which beats the workspace's mlkata.toml, then your own file.
    """


@click.command("list")
@common
def list_settings(settings: Settings) -> None:
    """Show every setting, where it comes from, and what it is for."""
    found = settings.config
    if settings.json:
        rows = [_as_json(found, name) for name in ABOUT]
        settings.screen.emit({"schema": "mlkata.config/1", "settings": rows, "files": _files()})
        return
    for line in _lines(found):
        settings.screen.say(line)


@click.command()
@click.argument("setting", shell_complete=complete_setting)
@common
def get(settings: Settings, setting: str) -> None:
    """Show the value of one SETTING."""
    found, name = settings.config, config.known(setting)
    if settings.json:
        settings.screen.emit({"schema": "mlkata.setting/1", **_as_json(found, name)})
    else:
        settings.screen.say(found.value(name))


@click.command("set")
@click.argument("setting", shell_complete=complete_setting)
@click.argument("value")
@click.option("--workspace", is_flag=True, help="In the workspace's mlkata.toml, for this folder only.")
@common
def set_setting(settings: Settings, setting: str, value: str, workspace: bool) -> None:
    """Set SETTING to VALUE in your own file; its comments stay."""
    path = _workspace_file() if workspace else config.needed_user_file()
    config.write(path, setting, value)
    if settings.json:
        settings.screen.emit({"schema": "mlkata.setting/1", **_as_json(settings.config, setting)})
        return
    settings.screen.say(f"{setting} is set in {short(path)}.")
    origin = settings.config.origins[setting]
    if origin != str(path):
        settings.screen.say(f"Here {origin} comes first: {settings.config.value(setting)}.")


@click.command("unset")
@click.argument("setting", shell_complete=complete_setting)
@click.option("--workspace", is_flag=True, help="Out of the workspace's mlkata.toml.")
@common
def unset_setting(settings: Settings, setting: str, workspace: bool) -> None:
    """Take SETTING out of your own file: its default holds again, or what comes after it."""
    path = _workspace_file() if workspace else config.needed_user_file()
    was_set = config.remove(path, setting)
    if settings.json:
        settings.screen.emit({"schema": "mlkata.setting/1", **_as_json(settings.config, setting)})
        return
    settings.screen.say(f"{setting} {'is no longer' if was_set else 'was not'} set in {short(path)}.")
    value, origin = settings.config.value(setting) or "(none)", settings.config.origins[setting]
    settings.screen.say(f"It is {value}, from {'its default' if origin == 'default' else origin}.")


@click.command("path")
@common
def show_path(settings: Settings) -> None:
    """Show where the settings are, whether or not the files exist."""
    files = _files()
    if settings.json:
        click.echo(json.dumps({"schema": "mlkata.config-path/1", **files}))
        return
    for name, path in files.items():
        click.echo(f"{name:<9}  {path or _NOWHERE[name]}")


def _workspace_file() -> Path:
    workspace = Workspace.locate(current_folder())
    if not workspace:
        raise UsageError("There is no workspace here or above.", "`mlkata start` makes this folder one.")
    return workspace.folder / config.FILE_NAME


def _files() -> dict[str, str | None]:
    path, workspace = config.user_file(), Workspace.locate(current_folder())
    return {
        "user": str(path) if path else None,
        "workspace": str(workspace.folder / config.FILE_NAME) if workspace else None,
    }


def _as_json(found: Config, name: str) -> dict[str, Any]:
    return {"name": name, "value": getattr(found.settings, name), "from": found.origins[name]}


def _lines(found: Config) -> Iterator[str]:
    for name, (variable, about) in ABOUT.items():
        yield f"{name} = {found.value(name) or '(none)'}"
        yield f"    {about}; {variable}"
        if found.origins[name] != "default":
            yield f"    from {found.origins[name]}"
