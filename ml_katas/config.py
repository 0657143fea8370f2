"""Settings: a flag beats its variable, which beats the workspace's `mlkata.toml`, then the user's file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from .errors import BadEnvironment, InvalidConfig, InvalidKata, UsageError
from .support.files import as_file_error
from .support.paths import config_folder
from .support.records import record
from .support.spelling import nearest

FILE_NAME = "mlkata.toml"
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


class When(StrEnum):
    """When output has colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Starter(StrEnum):
    """How much a starter says: its numbered steps too, or the signature and the contract."""

    GUIDED = "guided"
    BARE = "bare"


@record(kw_only=True)
class SettingValues:
    """What can be set, with its defaults."""

    color: When = When.AUTO
    editor: str = ""
    katas: str = ""
    path: str = ""
    plain: bool = False
    starter: Starter = Starter.GUIDED


# What each setting is for and the variable that overrides the files.
ABOUT = {
    "color": ("MLKATA_COLOR", "auto, always or never"),
    "editor": ("MLKATA_EDITOR", "the command that `mlkata open` runs"),
    "katas": ("MLKATA_PATH", "a folder of katas that come before the course"),
    "path": ("MLKATA_COURSE_PATH", "the path of the course that `mlkata next` follows"),
    "plain": ("MLKATA_PLAIN", "true: no colour, no boxes, nothing that moves"),
    "starter": ("MLKATA_STARTER", "guided or bare"),
}
# A folder that was cloned must not choose what runs: an editor, or the suites of katas, which are code.
_PERSONAL = ("editor", "katas")


@record
class Config:
    """The settings of one command, and for each where it comes from."""

    settings: SettingValues
    origins: Mapping[str, str]

    def value(self, name: str) -> str:
        """Return a setting as text, as `config set` takes it."""
        value = getattr(self.settings, name)
        return str(value).lower() if isinstance(value, bool) else str(value)


DEFAULTS = Config(SettingValues(), {field.name: "default" for field in fields(SettingValues)})


def load(workspace: Path | None, environ: Mapping[str, str] = os.environ) -> Config:
    """Return the settings that hold for someone in the folder *workspace*, or raise InvalidConfig."""
    settings, origins = DEFAULTS.settings, dict(DEFAULTS.origins)
    for origin, found in _layers(workspace, environ):
        settings = replace(settings, **found)
        origins |= dict.fromkeys(found, origin)
    return Config(settings, origins)


def user_file() -> Path | None:
    """Return where the user's settings are, or None for somebody who has no home."""
    folder = config_folder()
    return folder and folder / "config.toml"


def needed_user_file() -> Path:
    """Return where the user's settings are, or raise BadEnvironment where they can be nowhere."""
    path = user_file()
    if path is None:
        raise BadEnvironment("You have no home folder here.", "MLKATA_HOME names a folder for your settings.")
    return path


def known(name: str) -> str:
    """Return *name* where it is a setting, or raise UsageError with the nearest one."""
    if name not in ABOUT:
        shown = ", ".join(ABOUT)
        raise UsageError(f"No setting called {name!r}.{nearest(name, ABOUT)}", f"The settings are: {shown}.")
    return name


def write(path: Path, name: str, text: str) -> None:
    """Set *name* to *text* in the file at *path*; its other lines and its comments stay as they are."""
    value = _parsed(known(name), text)
    if path.name == FILE_NAME and name in _PERSONAL:
        raise UsageError(_not_here(name), f"`mlkata config set {name} VALUE` sets it.")
    if name == "katas" and text:
        value = str(Path(os.path.expanduser(text)).absolute())
    _read(path)  # a file with a mistake in it is not made longer
    from .support.toml import edit_toml

    with as_file_error(path, "written", "MLKATA_HOME names another folder for it."):
        edit_toml(path, lambda table: table.update({name: value}))


def remove(path: Path, name: str) -> bool:
    """Take *name* out of the file at *path*, and return whether it was there; the rest stays as it is."""
    if known(name) not in _read(path):
        return False
    from .support.toml import edit_toml

    with as_file_error(path, "written", "MLKATA_HOME names another folder for it."):
        edit_toml(path, lambda table: table.pop(name))
    return True


def _layers(workspace: Path | None, environ: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    personal = user_file()
    if personal:
        yield str(personal), _read(personal)
    if workspace:
        path = workspace / FILE_NAME
        found = _read(path)
        for name in _PERSONAL:
            if name in found:
                raise InvalidConfig(str(path), _not_here(name))
        yield str(path), found
    for name, (variable, _) in ABOUT.items():
        if environ.get(variable):
            yield variable, {name: _parsed(name, environ[variable], variable)}


def _not_here(name: str) -> str:
    return f"{name!r} can only be set in {user_file() or 'your own file'}: no folder may choose what you run."


def _read(path: Path) -> dict[str, Any]:
    """Return what the file at *path* sets; a missing file sets nothing."""
    if not os.path.isfile(path):  # unlike Path.is_file it raises nothing where a folder may not be entered
        return {}
    import tomllib

    from .support.toml import read_text, read_toml

    try:
        settings, text = read_toml(path, SettingValues), read_text(path)
    except InvalidKata as error:
        where = f"{error.path}:{error.line}" if error.line else str(error.path)
        raise InvalidConfig(where, error.problem) from None
    found = {name: getattr(settings, name) for name in tomllib.loads(text)}
    if found.get("katas"):
        found["katas"] = str(path.parent / os.path.expanduser(found["katas"]))
    return found


def _parsed(name: str, text: str, where: str = "") -> Any:
    """Return *text* as a value of the setting *name*, or raise in words."""
    kind = type(getattr(SettingValues(), name))
    value: Any = text
    if kind is bool:
        value = True if text.lower() in _YES else False if text.lower() in _NO else None
    elif issubclass(kind, StrEnum):
        value = kind(text) if text in list(kind) else None
    if value is None:
        choices = ["true", "false"] if kind is bool else [str(choice) for choice in kind]
        problem = f"{name!r} must be {' | '.join(choices)}, not {text!r}.{nearest(text, choices)}"
        raise InvalidConfig(where, problem) if where else UsageError(problem)
    return value
