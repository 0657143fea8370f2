"""From how a check ended to its verdict: status and failure, in the learner's words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ...comparison import Mismatch
from ...report import Failure, FailureKind, Status
from ...support.sanitize import MOST_TEXT, sanitize, sanitize_line
from .. import endings
from ..boundary.codec import BadValue
from ..boundary.exceptions import RemoteError
from ..boundary.judge_side import CallbackFailure
from .submission import REFUSED, Submission, is_memory, is_refusal, with_code

_ADVICE = {
    "BdbQuit": "breakpoint() works in `mlkata replay`, which runs your code in your own terminal.",
    "EOFError": "A submission gets its input as arguments, not from the keyboard.",
    "ModuleNotFoundError": "A submission is one file: it may import torch, NumPy and what is installed.",
    "SystemExit": "A submission returns; it does not end the program.",
}


def verdict_of(
    error: BaseException, submission: Submission, *, asked: bool, callback: CallbackFailure | None = None
) -> tuple[Status, Failure]:
    """Return what *error*, raised in a check, means.

    *asked*: the submission had been called by then; *callback*: what a function of the suite raised in it.
    """
    if callback is not None and error is callback.error and _is_misuse(error, asked):
        status, failure = _of_callback(callback, submission)
    else:
        status, failure = _verdict_of(error, submission, asked)
    return status, replace(failure, message=failure.message[:MOST_TEXT])


def _is_misuse(error: BaseException, asked: bool) -> bool:
    """Return whether an exception of a callback says nothing but that it could not use its arguments."""
    says_itself = (AssertionError, BadValue, RemoteError, pytest.fail.Exception, pytest.skip.Exception)
    return asked and isinstance(error, Exception) and not isinstance(error, says_itself)


def _of_callback(failure: CallbackFailure, submission: Submission) -> tuple[Status, Failure]:
    frames = with_code(failure.frames, submission)
    message = (
        f"your code passed {sanitize_line(failure.passed)} to a function of the checker, "
        f"which could not use that ({named(failure.error)})"
    )
    return Status.ERROR, Failure(
        kind=FailureKind.EXCEPTION, message=message, at=frames[-1] if frames else None, traceback=frames
    )


def _verdict_of(error: BaseException, submission: Submission, asked: bool) -> tuple[Status, Failure]:
    if isinstance(error, endings.Ending):
        frames = with_code(error.frames, submission)
        at = frames[-1] if frames else None
        return error.status, Failure(kind=FailureKind.LIMIT, message=error.sentence, at=at, traceback=frames)
    if isinstance(error, Mismatch):
        return Status.FAILED, error.failure
    if isinstance(error, BadValue):
        return Status.FAILED, Failure(kind=FailureKind.TYPE, message=f"your code made {sanitize(str(error))}")
    if isinstance(error, RemoteError):
        return _of_submission(error, submission)
    if isinstance(error, AssertionError):
        return Status.FAILED, Failure(kind=FailureKind.ASSERTION, message=text_of(error))
    if isinstance(error, pytest.fail.Exception):
        return Status.FAILED, Failure(kind=FailureKind.ASSERTION, message=_did_not_raise(error.msg))
    if isinstance(error, pytest.skip.Exception):
        return Status.BROKEN, Failure(kind=FailureKind.EXCEPTION, message="the suite skipped this check")
    return _of_suite(error, asked)


def _of_submission(error: RemoteError, submission: Submission) -> tuple[Status, Failure]:
    frames = with_code(error.frames, submission)
    at = frames[-1] if frames else None
    kind = sanitize_line(error.kind)
    message = f"{kind}: {sanitize(error.message)}" if error.message else kind
    if error.kind == "NotImplementedError" and (at is None or at.code.startswith("raise")):
        return Status.INCOMPLETE, Failure(kind=FailureKind.UNFINISHED, message="not written yet", at=at)
    if is_refusal(error):
        return Status.FORBIDDEN, Failure(
            kind=FailureKind.LIMIT, message=f"{REFUSED}: {message}", at=at, traceback=frames
        )
    if is_memory(error):
        return Status.MEMORY, Failure(kind=FailureKind.LIMIT, message=message, at=at, traceback=frames)
    if at is None and "unexpected keyword argument" in error.message:
        message = f"{message}. Parameters have the names of the brief, since calls use them."
    if advice := _ADVICE.get(error.kind):
        message = f"{message}. {advice}"
    return Status.ERROR, Failure(kind=FailureKind.EXCEPTION, message=message, at=at, traceback=frames)


def _did_not_raise(message: object) -> str:
    if type(message) is not str:  # something of the submission, perhaps
        return ""
    wanted = message.removeprefix("DID NOT RAISE ").strip()
    if wanted == message.strip():
        return sanitize(message)
    return (
        f"an exception was expected and none came: {wanted.replace('<class ', '').strip('>').strip(chr(39))}"
    )


def _of_suite(error: BaseException, asked: bool) -> tuple[Status, Failure]:
    text = named(error)
    if not asked:
        return Status.BROKEN, Failure(
            kind=FailureKind.EXCEPTION, message=f"the suite failed before it called your code: {text}"
        )
    return Status.FAILED, Failure(
        kind=FailureKind.TYPE, message=f"the checker could not use what your code returned ({text})"
    )


def named(error: BaseException) -> str:
    """Return kind and text of an exception of the suite."""
    return f"{type(error).__name__}: {text_of(error)}".removesuffix(": ")


def text_of(error: BaseException) -> str:
    """Return what an exception says; nothing where something of the submission in it cannot be said."""
    try:
        return sanitize(str(error)[:MOST_TEXT])
    except BaseException:  # even Ending: the verdict on this check stands already
        return ""
