"""From how a check ended to its verdict: status and failure, in the learner's words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ..plain import plain
from ..report import Failure, Frame, Status
from . import endings
from .bench import REFUSED, Submission, is_memory, is_refusal
from .comparing import Mismatch
from .exceptions import RemoteError
from .values import BadValue

_MOST_TEXT = 8_000
_ADVICE = {
    "EOFError": "A submission gets its input as arguments, not from the keyboard.",
    "ModuleNotFoundError": "A submission is one file: it may import torch, NumPy and what is installed.",
    "SystemExit": "A submission returns; it does not end the program.",
}


def verdict_of(error: BaseException, submission: Submission, *, asked: bool) -> tuple[Status, Failure]:
    """Return what *error*, raised in a check, means; *asked*: the submission had been called by then."""
    status, failure = _verdict_of(error, submission, asked)
    return status, replace(failure, message=failure.message[:_MOST_TEXT])


def _verdict_of(error: BaseException, submission: Submission, asked: bool) -> tuple[Status, Failure]:
    if isinstance(error, endings.Ended):
        return error.status, Failure("limit", error.sentence)
    if isinstance(error, Mismatch):
        return Status.FAILED, error.failure
    if isinstance(error, BadValue):
        return Status.FAILED, Failure("type", f"your code made {plain(str(error))}")
    if isinstance(error, RemoteError):
        return _of_submission(error, submission)
    if isinstance(error, AssertionError):
        return Status.FAILED, Failure("assertion", plain(str(error)))
    if isinstance(error, pytest.fail.Exception):
        return Status.FAILED, Failure("assertion", _did_not_raise(error.msg or ""))
    if isinstance(error, pytest.skip.Exception):
        return Status.BROKEN, Failure("exception", "the suite skipped this check")
    return _of_suite(error, asked)


def _of_submission(error: RemoteError, submission: Submission) -> tuple[Status, Failure]:
    frames = with_code(error.frames, submission)
    at = frames[-1] if frames else None
    message = plain(f"{error.kind}: {error.message}" if error.message else error.kind)
    if error.kind == "NotImplementedError" and (at is None or at.code.startswith("raise")):
        return Status.INCOMPLETE, Failure("unfinished", "not written yet", at=at)
    if is_refusal(error):
        return Status.FORBIDDEN, Failure("limit", f"{REFUSED}: {message}", at=at, traceback=frames)
    if is_memory(error):
        return Status.MEMORY, Failure("limit", message, at=at, traceback=frames)
    if advice := _ADVICE.get(error.kind):
        message = f"{message}. {advice}"
    return Status.ERROR, Failure("exception", message, at=at, traceback=frames)


def with_code(frames: tuple[Frame, ...], submission: Submission) -> tuple[Frame, ...]:
    """Return the frames with their lines of code, taken from the file and not from the sandbox."""
    lines = submission.source.decode("utf-8", "replace").splitlines()
    return tuple(
        replace(frame, function=plain(frame.function), code=plain(lines[frame.line - 1].strip())[:200])
        for frame in frames
        if 0 < frame.line <= len(lines)
    )


def _did_not_raise(message: str) -> str:
    wanted = message.removeprefix("DID NOT RAISE ").strip()
    if wanted == message.strip():
        return plain(message)
    return (
        f"an exception was expected and none came: {wanted.replace('<class ', '').strip('>').strip(chr(39))}"
    )


def _of_suite(error: BaseException, asked: bool) -> tuple[Status, Failure]:
    text = plain(f"{type(error).__name__}: {error}"[:_MOST_TEXT])
    if not asked:
        return Status.BROKEN, Failure("exception", f"the suite failed before it called your code: {text}")
    return Status.FAILED, Failure("type", f"the checker could not use what your code returned ({text})")
