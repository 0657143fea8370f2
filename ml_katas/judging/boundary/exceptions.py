"""Exceptions that cross: an exception of the other side, raised here as one of its builtin kind."""

from __future__ import annotations

import builtins
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from ...report import Frame
from .frames import Corrupted

_MOST_FRAMES = 12
_MOST_TEXT = 4_000
_NO_MEMORY = ("an't allocate memory", "annot allocate memory")

# What cannot be raised by name alone, or means something to whoever runs a suite.
_NEVER = (StopIteration, StopAsyncIteration, GeneratorExit, BaseExceptionGroup)
_BUILTIN: dict[str, type[Exception]] = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, _NEVER)
}


class RemoteError(Exception):
    """An exception of the other side; `kind` is its class name, `frames` the lines it passed through."""

    kind = ""
    frames: tuple[Frame, ...] = ()

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)
        self.message = message

    def __str__(self) -> str:
        return self.message


def wants_memory(error: BaseException) -> bool:
    """Return whether there was not enough memory, in Python's way to say it or in torch's."""
    text = error.args[0] if error.args and type(error.args[0]) is str else ""
    return isinstance(error, MemoryError) or any(words in text for words in _NO_MEMORY)


def encode_exception(error: BaseException, file_name: str) -> list[Any]:
    """Return class names, message and the frames in the file *file_name*, outermost first."""
    names = [str(kind.__name__)[:80] for kind in type(error).__mro__[:20]]
    frames = _frames(error.__traceback__, file_name)
    if isinstance(error, SyntaxError) and error.filename == file_name and type(error.lineno) is int:
        frames.append([error.lineno, ""])
    return [names, _message(error), frames[-_MOST_FRAMES:]]


def _message(error: BaseException) -> str:
    try:
        if isinstance(error, SyntaxError):
            return str(error.msg)[:_MOST_TEXT]
        if len(error.args) == 1 and type(error.args[0]) is str:
            return error.args[0][:_MOST_TEXT]  # a message of 200 MB is not copied first
        return str(error)[:_MOST_TEXT]
    except BaseException as second:
        return f"<no message: {type(second).__name__}>"


def _frames(tb: TracebackType | None, file_name: str) -> list[list[Any]]:
    return [
        [line, frame.f_code.co_name[:80]]
        for frame, line in traceback.walk_tb(tb)
        if frame.f_code.co_filename == file_name
    ]


def decode_exception(node: Any) -> RemoteError:
    """Return the exception that *node* describes, of its first builtin kind too, or raise Corrupted."""
    if type(node) is not list or len(node) != 3 or type(node[0]) is not list or type(node[1]) is not str:
        raise Corrupted("a malformed exception")
    names = [str(name)[:80] for name in node[0][:20]] or ["Exception"]
    base = next((_BUILTIN[name] for name in names if name in _BUILTIN), Exception)
    error = _kind(base)(node[1][:_MOST_TEXT])
    error.kind = next((name for name in names if not name.startswith("Remote")), names[0])
    error.frames = _decode_frames(node[2])
    return error


def builtin_exception(names: Iterable[str], message: str) -> Exception:
    """Return a plain exception of the first builtin kind among *names*."""
    return next((_BUILTIN[name] for name in names if name in _BUILTIN), Exception)(message)


def _decode_frames(nodes: Any) -> tuple[Frame, ...]:
    if type(nodes) is not list or len(nodes) > _MOST_FRAMES:
        raise Corrupted("a malformed traceback")
    frames = []
    for node in nodes:
        match node:
            case [int(line), str(function)] if 0 <= line < 1 << 31:
                frames.append(Frame(line, function[:80]))
            case _:
                raise Corrupted("a malformed traceback")
    return tuple(frames)


_kinds: dict[type[Exception], type[RemoteError]] = {}


def _kind(base: type[Exception]) -> type[RemoteError]:
    if base is Exception:
        return RemoteError
    if base not in _kinds:
        _kinds[base] = type(f"Remote{base.__name__}", (RemoteError, base), {})
    return _kinds[base]
