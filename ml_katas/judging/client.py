"""The client of the engine: sends requests and assembles reports from what comes back."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ..course.kata import Kata, Limits
from ..errors import BadEnvironment
from ..report import Isolation, IsolationLevel, Report, from_plain
from ..support.files import reason
from ..support.records import replace
from .cancel import Cancel
from .draft import Draft
from .launch import (
    FORK_GRACE_SECONDS,
    START_SECONDS,
    Crowded,
    Dialer,
    OneCommand,
    Spawning,
    environment,
    python,
    torch_file,
)
from .protocol import (
    MAKE_ROOM,
    Ended,
    Event,
    Judge,
    OnEvent,
    Patience,
    Refused,
    Request,
    Started,
    announcement,
    batch,
    events,
    framed,
)
from .seeds import new_run_seed

OnNote = Callable[[str], None]

_DIAGNOSIS_SECONDS = 60.0
_TRIES = 2  # of each way to a judge: judging again is harmless
_PAUSES = (0.1, 0.4, 1.5, 3.0)  # before asking again a machine that has no room for another process
STARTED = "A server was started for this check; the next ones will be fast."
_SILENT = (
    "The server did not answer, so this was judged without it; `mlkata server restart` starts a new one."
)
_LOST = "The server could not be used, so this was judged without it."


def _keep_quiet(note: str) -> None:
    """Let nobody know."""


@contextlib.contextmanager
def judging(*, cold: bool = False, on_note: OnNote | None = None) -> Iterator[Judge]:
    """Yield a judge that calls the resident server; *cold*: one for this block only.

    *on_note* is given sentences about the server that the learner may want to know. Raises BadEnvironment
    where nothing can be judged.
    """
    require_platform()
    with LastResort() as last_resort, contextlib.ExitStack() as stack:
        if sys.platform != "linux" or os.environ.get("MLKATA_START") == "spawn":
            yield Caller(Spawning(), last_resort)
        elif cold or os.environ.get("MLKATA_COLD") == "1":
            yield Caller(stack.enter_context(OneCommand()), last_resort)
        else:
            from .server import Resident  # it needs what only Unix has

            on_note = on_note or _keep_quiet
            yield Caller(Resident(functools.partial(on_note, STARTED)), last_resort, on_note)


@contextlib.contextmanager
def judging_many(judge: Judge, kata: Kata) -> Iterator[Judge]:
    """Yield a judge for many submissions for one kata, whose suite is collected once for all of them."""
    if not isinstance(judge, Caller) or not judge.dialer.forks:
        yield judge
        return
    with _Batch(judge.dialer, framed(batch(kata))) as dialer:
        yield Caller(dialer, judge.last_resort, judge.on_note)


class _Batch:
    """Hands connections to one judge that forks for each of them; a judge that is lost is replaced."""

    forks = True
    grace_seconds = FORK_GRACE_SECONDS

    def __init__(self, dialer: Dialer, message: bytes) -> None:
        self._dialer = dialer
        self._message = message
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self.why_silent = dialer.why_silent

    def __enter__(self) -> _Batch:
        with contextlib.suppress(OSError):  # it is called again for the first submission
            self._call()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def dial(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._lock:
                try:
                    self._hand_over(theirs)
                except OSError:
                    self._call()
                    self._hand_over(theirs)
        except OSError:
            ours.close()
            raise
        return ours

    def sign_seconds(self, connection: socket.socket) -> float:
        return START_SECONDS

    def _call(self) -> None:
        self._stack.close()
        self._connection = self._stack.enter_context(self._dialer.dial())
        self._connection.sendall(self._message)

    def _hand_over(self, theirs: socket.socket) -> None:
        socket.send_fds(self._connection, [b"."], [theirs.fileno()])


def call_ahead(kata: Kata) -> None:
    """Have the resident server, if it runs and is not avoided, get a judge ready for *kata*."""
    if sys.platform == "linux" and os.environ.get("MLKATA_COLD") != "1":
        from . import server

        server.call_ahead(framed(announcement(kata)))


def require_platform() -> None:
    """Raise BadEnvironment, with the way out, where this machine cannot judge."""
    _require_unix()
    _require_torch()


def _require_torch() -> None:
    if torch_file() is None:
        raise BadEnvironment(
            "PyTorch is not installed in this Python, so nothing can be checked.",
            "`pip install torch` installs it (with CUDA on Linux; the README names lighter ways).",
        )


def _require_unix() -> None:
    if os.name != "posix" or not hasattr(socket, "AF_UNIX"):
        raise BadEnvironment(
            "Checking needs a Unix system.", "On Windows, install ml_katas inside WSL2 and check there."
        )


def trial(on_note: OnNote) -> Report:
    """Return the report on a small solution of a small kata of our own, judged as `check` would judge it."""
    request = Request(
        kata=str(Path(__file__).resolve().with_name("trial")),
        entry_points=("double",),
        avoid=(),
        limits=Limits(),
        source=b"def double(x):\n    return 2 * x\n",
        file_name="trial.py",
        diagnose=False,
    )
    with judging(on_note=on_note) as judge:
        return judge(request)


class LastResort:
    """What to dial where another way failed: a parent, or a judge, of this command; started if needed."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._dialer: Dialer | None = None

    def __enter__(self) -> LastResort:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def dialer(self) -> Dialer:
        """Return the dialer, or raise OSError where nothing can be started."""
        with self._lock:
            if self._dialer is None:
                cold = sys.platform == "linux"
                self._dialer = self._stack.enter_context(OneCommand()) if cold else Spawning()
            return self._dialer


class Caller:
    """Judges by calling whom a dialer leads to, or, where that one is lost, another."""

    def __init__(self, dialer: Dialer, last_resort: LastResort, on_note: OnNote = _keep_quiet) -> None:
        self.dialer = dialer
        self.last_resort = last_resort
        self.on_note = on_note

    def __call__(
        self, request: Request, *, on_event: OnEvent | None = None, cancel: Cancel | None = None
    ) -> Report:
        cancel = cancel or Cancel()
        request = replace(request, seed=request.seed or new_run_seed())
        draft = _insist(self.dialer, request, on_event, cancel)
        if not (draft.has_ended or draft.is_hopeless):
            draft = self._ask_last_resort(draft, request, on_event, cancel)
        if not draft.has_ended and draft.lack is not None:
            raise BadEnvironment(draft.lack.reason, draft.lack.next_step)
        if not (draft.has_ended or draft.has_begun):
            raise BadEnvironment(*_not_started(draft.why))
        return draft.report()

    def _ask_last_resort(
        self, before: Draft, request: Request, on_event: OnEvent | None, cancel: Cancel
    ) -> Draft:
        try:
            draft = _insist(self.last_resort.dialer(), request, on_event, cancel)
        except OSError as error:
            before.why = before.why or reason(error)
            return before
        draft.why = draft.why or before.why
        if draft.has_ended:
            self.on_note(_SILENT if before.is_silent else _LOST)
        return draft


def _insist(dialer: Dialer, request: Request, on_event: OnEvent | None, cancel: Cancel) -> Draft:
    """Have *request* judged over *dialer*: once more where a judge is lost, or is refused for a moment."""
    pauses, tries = iter(_PAUSES), _TRIES
    while True:
        draft = _ask(dialer, request, on_event, cancel)
        cancel.check()
        if draft.has_ended or draft.is_silent or draft.is_hopeless:
            return draft
        tries -= draft.lack is None
        pause = 0.0 if draft.lack is None else next(pauses, None)
        if not tries or pause is None:
            return draft
        cancel.pause(pause)


def _ask(dialer: Dialer, request: Request, on_event: OnEvent | None, cancel: Cancel) -> Draft:
    """Have *request* judged once over *dialer*, and return what came of it."""
    draft = Draft(request.slug, request.seed)
    try:
        with dialer.dial() as connection:
            cancel.watch(connection)
            for event in _events_of(connection, dialer, request):
                draft.take(event)
                if on_event is not None and not isinstance(event, Refused):
                    on_event(event)
    except TimeoutError:
        draft.is_silent = True
    except Crowded:
        draft.lack = Refused("The server is called too often at once.", "Run the command again.")
    except BlockingIOError:
        draft.lack = Refused("The system lets no process be started.", MAKE_ROOM)
    except OSError as error:
        draft.why = reason(error)
    if not draft.has_ended:
        draft.why = dialer.why_silent() or draft.why
    return draft


def _events_of(connection: socket.socket, dialer: Dialer, request: Request) -> Iterator[Event]:
    """Yield what a judge says of *request*; each stage has its own patience."""
    patience = Patience(dialer.sign_seconds(connection))
    connection.settimeout(dialer.sign_seconds(connection))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have said why
        connection.sendall(framed(request))
    for event in events(connection, patience):
        match event:
            case Started():
                patience.last(request.limits.total_seconds + dialer.grace_seconds)
            case Ended():
                patience.last(_DIAGNOSIS_SECONDS)
        yield event


def _not_started(why: str) -> tuple[str, str]:
    says = f"The checker could not be started{f' ({why})' if why else ''}."
    return says, "`mlkata doctor` says what is missing; limits of this shell (`ulimit -a`) may be too low."


def isolation() -> Isolation:
    """Return the isolation that this machine offers, found by trying; no torch is needed for that."""
    if os.name != "posix":
        return Isolation(IsolationLevel.UNKNOWN)
    import subprocess

    command = python("ml_katas.judging.sandbox.probes")
    answer = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    return (
        from_plain(Isolation, json.loads(answer.stdout))
        if answer.stdout
        else Isolation(IsolationLevel.UNKNOWN)
    )
