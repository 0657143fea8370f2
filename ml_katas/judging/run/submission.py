"""A submission: what is judged, and words for why it cannot be used."""

from __future__ import annotations

from typing import Any

from ...course.kata import Limits
from ...report import Frame, Status
from ...support.records import record, replace
from ...support.sanitize import sanitize
from ...support.spelling import nearest
from .. import endings
from ..boundary.exceptions import RemoteError, wants_memory
from ..endings import Ending
from ..protocol import Module

_MOST_NAMES = 500
_REFUSALS = ("No usable temporary directory", "Read-only file system")
REFUSED = "A submission may compute, print and read what is installed; your code tried something else"


@record
class Submission:
    """What is judged: the learner's file as bytes, what it must define, what it must not use.

    `builds_on` is earlier work that it can import.
    """

    source: bytes
    file_name: str
    entry_points: tuple[str, ...]
    avoid: tuple[str, ...] = ()
    builds_on: tuple[Module, ...] = ()


@record
class Use:
    """A use of what the kata avoids: its entry, what else it came by if anything, and the line or 0."""

    entry: str
    by: str
    line: int

    @property
    def sentence(self) -> str:
        by = f", by way of {self.by}" if self.by else ""
        return f"Your code uses {self.entry}{by}; this kata asks you to write it yourself."


class Rejected(Exception):
    """The submission does not load: it is `invalid` or `forbidden`, with a sentence and perhaps a line."""

    def __init__(self, sentence: str, at: Frame | None = None, status: Status = Status.INVALID) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.at = at
        self.status = status


def why_not_built_on(module: Module, error: RemoteError) -> str:
    """Return why earlier work could not be imported here."""
    return f"Your earlier work {module.name} cannot be imported: {error.kind}: {error.message}"


def why_not_loaded(error: RemoteError) -> str:
    """Return why a submission could not be imported."""
    if error.kind == "ModuleNotFoundError":
        return f"{error.message}. A submission is one file: it may import torch, NumPy and what is installed"
    if error.kind in ("SyntaxError", "IndentationError", "TabError"):
        return f"does not compile: {error.message}"
    if is_refusal(error):
        return f"{REFUSED} ({error.message})"
    if error.kind == "UnicodeDecodeError":
        return "must be UTF-8 text"
    return f"cannot be imported: {error.kind}: {error.message}"


def why_not_there(name: str, kind: Any, public: Any) -> str:
    """Return why an entry point cannot be called; *public* are the names that the submission offers."""
    if kind != "missing":
        return f"{name} must be a function or class, and is something else"
    offered = public[:_MOST_NAMES] if type(public) is tuple else ()
    names = [other[:80] for other in offered if type(other) is str]
    return f"does not define {name}.{nearest(name, names)}"


def is_refusal(error: RemoteError) -> bool:
    """Return whether an exception of the submission is the confinement at work."""
    text = error.message
    return error.kind == "PermissionError" or any(words in text for words in _REFUSALS)


def is_memory(error: BaseException) -> bool:
    """Return whether an exception of the submission is the memory limit at work."""
    return isinstance(error, RemoteError) and (error.kind == "MemoryError" or wants_memory(error))


def memory_ending(limits: Limits) -> Ending:
    """Return the ending for a submission that ran into its memory limit."""
    return endings.memory(limits.memory_mib)


def with_code(frames: tuple[Frame, ...], submission: Submission) -> tuple[Frame, ...]:
    """Return the frames with their lines of code, taken from the file and not from the sandbox."""
    lines = submission.source.decode("utf-8", "replace").splitlines()
    return tuple(
        replace(frame, function=sanitize(frame.function), code=sanitize(lines[frame.line - 1].strip())[:200])
        for frame in frames
        if 0 < frame.line <= len(lines)
    )
