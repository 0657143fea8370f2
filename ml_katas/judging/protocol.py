"""What a command and a judge say to each other: one message to the judge, then events back.

A message is an `Announcement` (a request will follow), a `Batch` (many will, each over a connection of its
own) or a `Request`: a length, u32 little-endian, and so many bytes of JSON. An event is a line of JSON; the
last line says "end". When a client hangs up, its judge ends. Judging the same request again is harmless, and
gives the same verdict: a client whose judge is lost asks another one.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from ..course.kata import Limits
from ..report import CheckResult, Diagnosis, Frame, Isolation, Report, Status, from_plain, to_plain
from ..support.records import record
from ..support.sanitize import sanitize_all

if TYPE_CHECKING:
    from ..course.kata import Kata
    from .cancel import Cancel

MOST_MESSAGE = 4 << 20
_LENGTH = struct.Struct("<I")
MAKE_ROOM = "End other programs, or raise the limits of this shell (`ulimit -a`) or container."
_END = b'{"event": "end"}\n'


@record
class Announcement:
    """A request for this kata will follow on the same connection; `kata` is its folder."""

    kata: str
    entry_points: tuple[str, ...]


@record
class Batch:
    """Requests for this kata will follow, each over a connection that is handed over this one."""

    kata: str
    entry_points: tuple[str, ...]


@record
class Module:
    """Code that a submission can import: the name to import it by, and its source."""

    name: str
    source: bytes


@record(kw_only=True)
class Request:
    """One submission to be judged; `builds_on` is earlier work that it can import.

    `only` names the one check to run, `order` seeds an order of the checks, `stop`: at the first check that
    does not pass; `record`: send the calls of the checks, to be made again elsewhere; `salt` gives the
    submission other random numbers, and the suite the same.
    """

    kata: str
    entry_points: tuple[str, ...]
    avoid: tuple[str, ...]
    limits: Limits
    source: bytes
    file_name: str
    builds_on: tuple[Module, ...] = ()
    seed: str = ""
    diagnose: bool = True
    only: str = ""
    order: str = ""
    stop: bool = False
    record: bool = False
    salt: str = ""

    @property
    def slug(self) -> str:
        """The kata's name, which is that of its folder."""
        return os.path.basename(self.kata)


def request(
    kata: Kata,
    source: bytes,
    *,
    file_name: str,
    builds_on: tuple[Module, ...] = (),
    seed: str = "",
    limits: Limits | None = None,
) -> Request:
    """Return the request to judge *source* by the suite of *kata*, within its own limits or others."""
    return Request(
        kata=str(kata.folder.resolve()),
        entry_points=kata.facts.entry_points,
        avoid=kata.facts.avoid,
        limits=limits or kata.facts.limits,
        source=source,
        file_name=file_name,
        builds_on=builds_on,
        seed=seed,
    )


def solution_of(kata: Kata) -> Module:
    """Return the solution of a kata as what a later one can import."""
    return Module(kata.module_name, kata.solution.read_bytes())


def announcement(kata: Kata) -> Announcement:
    """Return what a judge can do before there is a submission for *kata*."""
    return Announcement(str(kata.folder.resolve()), kata.facts.entry_points)


def batch(kata: Kata) -> Batch:
    """Return what begins many judgements by the suite of *kata*."""
    return Batch(str(kata.folder.resolve()), kata.facts.entry_points)


@record
class Started:
    """The judge is at work: the checks in their order, how far the submission is confined, the run's seed."""

    checks: tuple[str, ...]
    isolation: Isolation
    seed: str = ""


@record
class Checked:
    """One check has ended."""

    check: CheckResult


@record(kw_only=True)
class Ended:
    """The verdict on the whole submission."""

    status: Status
    message: str = ""
    ms: float = 0.0
    at: Frame | None = None
    output: str = ""


@record
class Recorded:
    """What the judge sent to the sandbox, as frames, to be played back."""

    frames: bytes


@record
class Diagnosed:
    """The mistake behind the failures, where one is known."""

    diagnosis: Diagnosis | None


@record
class Refused:
    """The machine lets no judgement be made: what it lacks, and what may help. Nothing follows.

    `for_good`: to ask again is of no use.
    """

    reason: str
    next_step: str = ""
    for_good: bool = False


Message = Announcement | Batch | Request
Event = Started | Checked | Ended | Recorded | Diagnosed | Refused
OnEvent = Callable[[Event], None]
_MESSAGES = {kind.__name__.lower(): kind for kind in (Announcement, Batch, Request)}
_EVENTS = {kind.__name__.lower(): kind for kind in (Started, Checked, Ended, Recorded, Diagnosed, Refused)}


class Judge(Protocol):
    """Judges one submission; the one seam at which tests may put a fake."""

    def __call__(
        self, request: Request, *, on_event: OnEvent | None = None, cancel: Cancel | None = None
    ) -> Report: ...


# -------- the command's end


class Patience:
    """Until when a judge must send something; each stage of a judgement has its own bound."""

    def __init__(self, seconds: float) -> None:
        self.last(seconds)

    def last(self, seconds: float) -> None:
        """Wait for so long from now on."""
        self.deadline = time.monotonic() + seconds


def framed(message: Message) -> bytes:
    """Return the bytes of a message to a judge."""
    data = json.dumps({"message": type(message).__name__.lower(), **to_plain(message)}).encode()
    return _LENGTH.pack(len(data)) + data


def events(connection: socket.socket, patience: Patience) -> Iterator[Event]:
    """Yield the judge's events as they come, or raise TimeoutError where the next one takes too long."""
    buffer = b""
    while True:
        connection.settimeout(max(0.01, patience.deadline - time.monotonic()))
        data = connection.recv(1 << 16)
        if not data:
            return
        *lines, buffer = (buffer + data).split(b"\n")
        for line in lines:
            if line + b"\n" == _END:
                return
            event: Event = _parsed(_EVENTS, "event", line)
            yield event


# -------- the judge's end


def refusal(refused: Refused) -> bytes:
    """Return the bytes that refuse a client."""
    return _line(refused) + _END


class Client:
    """Whoever asked for the judgement; when they hang up, it is over."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def fileno(self) -> int:
        return self._connection.fileno()

    def serve(self) -> bool:
        """There is nothing more to read from a client but its end."""
        if not self._connection.recv(1):
            os._exit(0)
        return True

    def has_spoken(self) -> bool:
        """Return whether there is something to read."""
        return bool(select.select([self._connection], [], [], 0)[0])

    def receive(self) -> Message:
        """Return the next message, or end where none comes."""
        head = self._connection.recv(_LENGTH.size, socket.MSG_WAITALL)
        if len(head) < _LENGTH.size:
            os._exit(0)
        (size,) = _LENGTH.unpack(head)
        data = self._connection.recv(min(size, MOST_MESSAGE), socket.MSG_WAITALL)
        message: Message = _parsed(_MESSAGES, "message", data)
        return message

    def send(self, event: Event) -> None:
        """Send one event; no text in it can do more than be read."""
        self._send(_line(event))

    def end(self) -> None:
        """Say that no event will follow."""
        self._send(_END)

    def refuse(self, refused: Refused) -> NoReturn:
        """Say that the machine lets no judgement be made, and end this process."""
        self._send(refusal(refused))
        os._exit(0)

    def _send(self, line: bytes) -> None:
        try:
            self._connection.sendall(line)
        except OSError:
            os._exit(0)


def _line(event: Event) -> bytes:
    facts = to_plain(event) if isinstance(event, Recorded) else sanitize_all(to_plain(event))
    return json.dumps({"event": type(event).__name__.lower(), **facts}).encode() + b"\n"


def _parsed(kinds: Mapping[str, type[Any]], key: str, text: bytes) -> Any:
    facts = json.loads(text)
    return from_plain(kinds[facts.pop(key)], facts)
