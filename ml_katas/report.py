"""The outcome of judging one submission, and its JSON form (`mlkata.report/1`)."""

from __future__ import annotations

import binascii
import dataclasses
import types
import typing
from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum
from typing import Any

from .support.records import record

SCHEMA = "mlkata.report/1"


class Status(StrEnum):
    """How a check or a report ended, from best to worst."""

    PASSED = "passed"
    NOT_RUN = "not_run"  # of a check only: it waits for a coarser one, or the report ended before it
    FAILED = "failed"
    ERROR = "error"
    INCOMPLETE = "incomplete"
    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    LIMIT = "limit"
    MEMORY = "memory"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    BROKEN = "broken"

    @property
    def rank(self) -> int:
        return list(Status).index(self)

    @classmethod
    def worst(cls, statuses: Iterable[Status]) -> Status:
        """Return a report's status from those of its checks.

        `incomplete` only where every check that ran and did not pass is; beside other
        failures an unfinished part of the submission is one more error.
        """
        seen = set(statuses)
        beyond = seen - {cls.PASSED, cls.NOT_RUN}
        if beyond == {cls.INCOMPLETE}:
            return cls.INCOMPLETE
        if cls.INCOMPLETE in beyond:
            beyond = (beyond - {cls.INCOMPLETE}) | {cls.ERROR}
        return max(beyond or seen or {cls.BROKEN}, key=lambda status: status.rank)


class FailureKind(StrEnum):
    """What a failure is about: what two values differ in, from coarse to fine, or why none were compared."""

    TYPE = "type"
    STRUCTURE = "structure"
    SHAPE = "shape"
    DTYPE = "dtype"
    DEVICE = "device"
    NAN = "nan"
    VALUES = "values"
    ASSERTION = "assertion"
    EXCEPTION = "exception"
    UNFINISHED = "unfinished"
    LIMIT = "limit"
    AFTER = "after"  # a coarser check did not pass
    NOT_RUN = "not_run"  # the report ended before this check


class IsolationLevel(StrEnum):
    """How well a submission is kept from the machine."""

    STRONG = "strong"
    MEDIUM = "medium"
    LIMITS_ONLY = "limits-only"
    UNKNOWN = "unknown"


@record
class Frame:
    """One line of the learner's file that an exception passed through."""

    line: int
    function: str
    code: str = ""


@record
class Worst:
    """The element that differs most; numbers are text, so that NaN and bfloat16 keep their looks."""

    index: tuple[int, ...]
    expected: str
    actual: str
    difference: str


@record(kw_only=True)
class Window:
    """A few rows and columns around the worst element; `lead` are the fixed leading indices."""

    lead: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    expected: tuple[tuple[str, ...], ...]
    actual: tuple[tuple[str, ...], ...]
    differs: tuple[tuple[bool, ...], ...]


@record
class Differing:
    """How many elements differ, of how many."""

    count: int
    total: int


@record(kw_only=True)
class Failure:
    """What went wrong in a check; texts from the submission are bounded and free of control characters."""

    kind: FailureKind
    message: str
    label: str = ""
    expected: str = ""
    actual: str = ""
    differing: Differing | None = None
    worst: Worst | None = None
    window: Window | None = None
    relation: str = ""
    at: Frame | None = None
    traceback: tuple[Frame, ...] = ()
    call: str = ""  # the last one of the submission before


@record(kw_only=True)
class CheckResult:
    """How one check ended."""

    name: str
    sentence: str
    status: Status
    ms: float = 0.0
    failure: Failure | None = None
    output: str = ""


@record
class Diagnosis:
    """The known mistake behind a failure, the check that it was recognised in, and its sentences."""

    mistake: str
    check: str
    text: str


@record
class Isolation:
    """What kept the submission from the machine, as it was measured, and what is missing.

    `level` is `unknown` where nothing was measured.
    """

    level: IsolationLevel
    missing: tuple[str, ...] = ()


@record
class EarlierWork:
    """What a submission was built on: a kata and the learner's version of it, or none for its solution."""

    kata: str
    version: int | None


@record(kw_only=True)
class Report:
    """The outcome of judging one submission."""

    kata: str
    status: Status
    seed: str
    ms: float
    isolation: Isolation
    checks: tuple[CheckResult, ...]
    message: str = ""
    at: Frame | None = None
    output: str = ""
    diagnosis: Diagnosis | None = None
    builds_on: tuple[EarlierWork, ...] = ()
    passed: int = field(init=False)
    total: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "passed", sum(check.status is Status.PASSED for check in self.checks))
        object.__setattr__(self, "total", len(self.checks))

    @property
    def failed_checks(self) -> frozenset[str]:
        """The names of the checks that ran and did not pass."""
        return frozenset(c.name for c in self.checks if c.status not in (Status.PASSED, Status.NOT_RUN))

    @property
    def first_failure(self) -> CheckResult | None:
        return next((c for c in self.checks if c.status not in (Status.PASSED, Status.NOT_RUN)), None)

    def to_json(self) -> dict[str, Any]:
        """Return the report as the documented JSON object; absent parts are null."""
        return {"schema": SCHEMA, **to_plain(self)}


def to_plain(value: Any) -> Any:
    """Return a record of this module as what JSON can hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, bytes):
        return binascii.b2a_base64(value, newline=False).decode()
    return value


def from_plain(hint: Any, value: Any) -> Any:
    """Return the record of type *hint* that `to_plain` made *value* of."""
    if value is None:
        return None
    arms = typing.get_args(hint)
    if isinstance(hint, types.UnionType):
        return from_plain(arms[0], value)
    if typing.get_origin(hint) is tuple:
        return tuple(from_plain(arms[0], item) for item in value)
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        facts = {f.name: from_plain(hints[f.name], value[f.name]) for f in dataclasses.fields(hint) if f.init}
        return hint(**facts)  # type: ignore[operator]
    if hint is bytes:
        return binascii.a2b_base64(value)
    return hint(value) if isinstance(hint, type) and issubclass(hint, StrEnum) else value
