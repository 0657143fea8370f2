"""TOML: read strictly into dataclasses (errors name file, line and expectation), edited with its comments."""

from __future__ import annotations

import dataclasses
import enum
import re
import tomllib
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ..errors import InvalidKata
from .files import write_whole
from .spelling import nearest

Record = TypeVar("Record")

_PLAIN = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}


def read_toml(path: Path, record: type[Record]) -> Record:
    """Return the TOML file at *path* as a *record*, or raise InvalidKata with the line of the mistake."""
    text = read_text(path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidKata(path, _line_of_syntax_error(error), f"not TOML: {error}") from None
    return _Reader(path, text).record(table, record, ())


def read_text(path: Path) -> str:
    """Return the UTF-8 text of an author's file, or raise InvalidKata."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidKata(path, None, "this file is missing") from None
    except UnicodeDecodeError as error:
        raise InvalidKata(path, None, f"must be UTF-8 text ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise InvalidKata(path, None, f"cannot be read: {error.strerror}") from None


def edit_toml(path: Path, change: Callable[[Any], None]) -> None:
    """Have *change* edit the table of the TOML file at *path*; comments and layout stay as they are.

    The file is made where it is missing, and written through a link.
    """
    import tomlkit  # its import takes as long as a whole `mlkata list`, and few commands edit

    before = path.read_bytes().decode() if path.is_file() else ""
    document = tomlkit.parse(before)
    change(document)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path.resolve(), tomlkit.dumps(document).encode())


def _line_of_syntax_error(error: Exception) -> int | None:
    found = re.search(r"at line (\d+)", str(error))
    return int(found[1]) if found else None


class _Reader:
    """Turns tables into records and remembers where each key stands in the text."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def record(self, table: dict[str, Any], record: type[Record], where: tuple[str | int, ...]) -> Record:
        hints = typing.get_type_hints(record)
        fields = {f.name: f for f in dataclasses.fields(record) if f.init}  # type: ignore[arg-type]
        for key in table:
            if key not in fields:
                raise self.error((*where, key), f"unknown key {key!r}.{nearest(key, fields)}")
        for name, field in fields.items():
            required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            if required and name not in table:
                raise self.error(where, f"{name!r} is missing; it must be {_describe(hints[name])}")
        values = {key: self.value(value, hints[key], (*where, key)) for key, value in table.items()}
        try:
            return record(**values)
        except ValueError as error:
            key = str(error).split("'")[1] if str(error).startswith("'") else ""
            raise self.error((*where, key), str(error)) from None

    def value(self, value: Any, hint: Any, where: tuple[str | int, ...]) -> Any:
        origin = typing.get_origin(hint)
        if origin is tuple:
            if not isinstance(value, list):
                raise self.wrong(value, hint, where)
            inner = typing.get_args(hint)[0]
            return tuple(self.value(item, inner, (*where, n)) for n, item in enumerate(value))
        if origin is dict:
            if not isinstance(value, dict):
                raise self.wrong(value, hint, where)
            inner = typing.get_args(hint)[1]
            return {key: self.value(item, inner, (*where, key)) for key, item in value.items()}
        if dataclasses.is_dataclass(hint):
            if not isinstance(value, dict):
                raise self.wrong(value, hint, where)
            return self.record(value, hint, where)  # type: ignore[arg-type]
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            if value not in [member.value for member in hint]:
                raise self.wrong(value, hint, where)
            return hint(value)
        if hint is float and type(value) is int:
            return float(value)
        if type(value) is not hint:
            raise self.wrong(value, hint, where)
        return value

    def wrong(self, value: Any, hint: Any, where: tuple[str | int, ...]) -> InvalidKata:
        name = next(key for key in reversed(where) if isinstance(key, str))
        near = ""
        if isinstance(hint, type) and issubclass(hint, enum.Enum) and isinstance(value, str):
            near = nearest(value, [str(member.value) for member in hint])
        return self.error(where, f"{name!r} must be {_describe(hint)}, not {value!r}.{near}")

    def error(self, where: tuple[str | int, ...], problem: str) -> InvalidKata:
        return InvalidKata(self.path, self.line(where), problem)

    def line(self, where: tuple[str | int, ...]) -> int:
        """Return the line of the key that *where* leads to: table headers first, then keys."""
        names = [key for key in where if isinstance(key, str)]
        nth = next((key for key in where if isinstance(key, int)), 0)
        at = 0
        for depth, name in enumerate(names):
            header = re.compile(rf"\s*\[\[?\s*[\"']?{re.escape('.'.join(names[: depth + 1]))}[\"']?\s*\]")
            hits = [n for n, line in enumerate(self.lines) if header.match(line)]
            if hits:
                at = hits[min(nth, len(hits) - 1)]
                continue
            key = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=")
            at = next((n for n in range(at, len(self.lines)) if key.match(self.lines[n])), at)
        return at + 1


def _describe(hint: Any) -> str:
    origin = typing.get_origin(hint)
    if origin is tuple:
        return f"a list, each {_describe(typing.get_args(hint)[0])}"
    if origin is dict or dataclasses.is_dataclass(hint):
        return "a table"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_describe(arm) for arm in typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return " | ".join(str(member.value) for member in hint)
    return _PLAIN.get(getattr(hint, "__name__", ""), str(hint))
