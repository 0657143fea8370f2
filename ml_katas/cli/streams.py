"""The standard streams of a command: a reader that has gone is no mistake, a full disk is one."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO

from ..errors import BadEnvironment


class _Output(io.FileIO):
    """Where a command writes; it swallows what nobody reads any more, and says what else went wrong."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)
        except OSError as error:
            says = f"The output cannot be written: {(error.strerror or str(error)).lower()}."
            raise BadEnvironment(says, "Free some space, or send it elsewhere.") from None


class _Notes(io.FileIO):
    """Where a command says what went wrong; there is nowhere to say that this failed too."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def settle_streams() -> None:
    """Make the standard streams safe to use, or raise BadEnvironment where there is no output at all."""
    output: TextIO | None = sys.stdout
    notes: TextIO | None = sys.stderr
    source: TextIO | None = sys.stdin
    if None in (source, output, notes):
        _occupy_closed_files()
    if source is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    sys.stderr = _over(notes, _Notes) if notes else open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if output is None:
        raise BadEnvironment("The standard output is closed.", "`> /dev/null` throws it away.")
    sys.stdout = _over(output, _Output)


def _occupy_closed_files() -> None:
    """Give the numbers of closed streams to nothing, so that no other file is written to by mistake."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        continue
    os.close(number)


def _over(stream: TextIO, kind: type[io.FileIO]) -> TextIO:
    """Return a stream like *stream*, to the same file by way of *kind*."""
    return io.TextIOWrapper(
        io.BufferedWriter(kind(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=getattr(stream, "line_buffering", False),
    )
