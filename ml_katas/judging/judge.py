"""The judge: reads one request, runs the suite against the submission, streams what happens as JSON lines."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import select
import signal
import socket
import struct
import sys
import time
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ..errors import InvalidKata
from ..kata import Limits
from ..plain import plain
from ..records import dataclass
from ..report import CheckResult, Frame, Isolation, Status, to_plain
from ..suite import Suite
from . import context
from .batching import serve_batch
from .bench import Bench, Rejected, Submission, limits_of_sandbox
from .confinement import Confinement, hide_memory
from .diagnosing import diagnose
from .endings import Ended
from .probing import probe
from .running import SuiteRun, check_name, shuffled
from .sandboxes import Ahead, Sandboxes, Spawned
from .session import CannotCollect, Session
from .standins import EntryPoint
from .verdicts import with_code
from .warm import rehearse, rehearse_suite
from .wire import RecordingChannel

LENGTH = struct.Struct("<I")
MOST_REQUEST = 4 << 20
_GRACE = 5.0


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
        """Say whether there is something to read."""
        return bool(select.select([self._connection], [], [], 0)[0])

    def request(self) -> dict[str, Any]:
        """Return the request, or end where none comes."""
        head = self._connection.recv(LENGTH.size, socket.MSG_WAITALL)
        if len(head) < LENGTH.size:
            os._exit(0)
        (size,) = LENGTH.unpack(head)
        request: dict[str, Any] = json.loads(
            self._connection.recv(min(size, MOST_REQUEST), socket.MSG_WAITALL)
        )
        return request

    def tell(self, event: str, **facts: Any) -> None:
        """Send one event."""
        try:
            self._connection.sendall(json.dumps({"event": event, **facts}).encode() + b"\n")
        except OSError:
            os._exit(0)


@dataclass(frozen=True)
class Setting:
    """What a judge is given: a source of sandboxes, how far they are confined, a pytest session."""

    sandboxes: Sandboxes
    isolation: Isolation
    confinement: Confinement
    session: Session


def judge_connection(connection: socket.socket, setting: Setting) -> None:
    """Serve one client from request to report."""
    connection.setblocking(True)
    client = Client(connection)
    ready = get_ready(client, setting)
    request = client.request()
    if request.get("batch"):
        collect_ahead(request, setting.session)
        serve_batch(connection, lambda each: judge_request(Client(each), setting))
        return
    if request.get("announced"):
        ready = ready if ready is not setting else get_ready(client, setting)
        announced, request = announcement(request, setting.session), client.request()
        if announced != announcement(request, setting.session):
            os._exit(0)  # another kata or another suite by now: the client calls again
    judge_request(client, ready, request)


def announcement(request: dict[str, Any], session: Session) -> object:
    """Collect the suite of a request, and return what must still hold when its submission comes."""
    collect_ahead(request, session)
    try:
        found = os.stat(Path(request["kata"], "suite.py"))
    except OSError:
        return None
    return request["kata"], request["entry_points"], found.st_mtime_ns, found.st_size


def collect_ahead(request: dict[str, Any], session: Session) -> None:
    """Collect the suite of a request ahead of its submission; what is wrong shows when that is judged."""
    sys.modules.setdefault("submission", stand_in_module(tuple(request["entry_points"])))
    with contextlib.suppress(InvalidKata, CannotCollect):
        session.collect(manifest(Path(request["kata"])).path)


def judge_request(client: Client, setting: Setting, request: dict[str, Any] | None = None) -> None:
    """Judge what a client asks for."""
    request = request or client.request()
    try:
        folder = Path(request["kata"])
        refuse_exposed(folder, setting)
        judgement = Judgement(folder, request, client, setting)
    except InvalidKata as error:
        client.tell("report", status=Status.BROKEN, message=str(error), ms=0.0, at=None, output="")
        client.tell("end")
    else:
        _watch_over(judgement)
        judgement.run()


def get_ready(client: Client, setting: Setting) -> Setting:
    """Use the time of a client that called before it has a request; return the setting then."""
    if client.has_spoken():
        return setting
    sandboxes = Ahead(setting.sandboxes, limits_of_sandbox(Limits()))
    rehearse(lambda: not client.has_spoken())
    if not client.has_spoken():
        rehearse_suite(setting.session)
    return replace(setting, sandboxes=sandboxes)


def refuse_exposed(folder: Path, setting: Setting) -> None:
    """Raise InvalidKata where submissions could read the kata's files in spite of the confinement."""
    if setting.isolation.level != "limits-only" and setting.confinement.exposes(folder):
        raise InvalidKata(folder, None, "lies where submissions may read; move it elsewhere")


def _watch_over(judgement: Judgement) -> None:
    """End a judge whose suite does not come back by itself."""

    def too_late(*_: object) -> None:
        judgement.finish(Status.BROKEN, "the suite did not end by itself within its limits")
        os._exit(0)

    signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, judgement.limits.total_seconds + _GRACE)


@functools.cache
def manifest(folder: Path) -> Suite:
    """Return what the suite in *folder* promises; a batch reads it once."""
    return Suite.load(folder / "suite.py")


class Judgement:
    """One submission judged by one kata's suite."""

    def __init__(self, folder: Path, request: dict[str, Any], client: Client, setting: Setting) -> None:
        self.folder = folder
        self.suite = manifest(folder)
        self.limits = Limits(**request["limits"])
        self.isolation = setting.isolation
        self.session = setting.session
        self.client = client
        self.seed: str = request["seed"]
        self.started = time.perf_counter()
        entry_points, avoid = tuple(request["entry_points"]), tuple(request["avoid"])
        source = base64.b64decode(request["source"])
        self.submission = Submission(source, request["file_name"], entry_points, avoid)
        self.wants_diagnosis = bool(request.get("diagnose", True))
        self.bench = Bench(setting.sandboxes, self.submission, self.limits, [client])
        self.bench.record = bool(request.get("record"))
        self.told = False
        self.only: str = request.get("only", "")
        self.order: str = request.get("order", "")
        self.collection_error = ""
        self.suite_run = SuiteRun(
            self.bench,
            self.suite,
            self.seed,
            on_check=self.tell_check,
            stops=bool(request.get("stop")),
        )

    def run(self) -> None:
        """Judge, tell the report, then the diagnosis."""
        names = list(self.suite.names)
        self.client.tell("started", checks=names, isolation=to_plain(self.isolation))
        sys.modules.setdefault("submission", stand_in_module(self.submission.entry_points))
        with contextlib.suppress(Ended):
            self.bench.clock.begin_check()
            self.bench.start()  # it loads the submission while the suite is collected here
        items = self.collected()
        if self.submission_loads():
            self.suite_run.run(items)
            self.finish_suite()
        self.client.tell("end")
        self.bench.put_away()
        self.session.close()

    def collected(self) -> list[pytest.Item]:
        """Return the instances of the checks that are to run."""
        try:
            items = self.session.collect(self.suite.path)
        except CannotCollect as error:
            self.collection_error = str(error)
            return []
        strange = [item.name for item in items if check_name(item) not in self.suite.names]
        if strange:
            self.collection_error = f"{strange[0]} is not a top-level check of the suite"
            return []
        chosen = [item for item in items if self.only in ("", check_name(item))]
        return shuffled(chosen, self.suite, self.order) if self.order else chosen

    def submission_loads(self) -> bool:
        """Say whether the submission is there to be called; where it is not, that is the report."""
        try:
            self.bench.peer()
        except Rejected as rejected:
            self.finish(rejected.status, rejected.sentence, rejected.at)
        except Ended as ended:
            self.finish(ended.status, f"While it was imported: {ended.sentence}")
        return not self.told

    def finish_suite(self) -> None:
        """Tell the report, then the diagnosis."""
        status, message = self.verdict()
        self.finish(status, message, self.avoided_use() if status is Status.FAILED else None)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if isinstance(self.bench.channel, RecordingChannel):
            self.client.tell("recording", frames=base64.b64encode(self.bench.channel.recording).decode())
        if self.wants_diagnosis and self.suite_run.evidence:
            self.bench.put_away()
            self.client.tell("diagnosis", diagnosis=to_plain(diagnose(self.folder, self.suite_run)))

    def verdict(self) -> tuple[Status, str]:
        """Return the report's status: passed only when every check of the manifest ran and passed."""
        if self.suite_run.rejected is not None:
            return self.suite_run.rejected.status, self.suite_run.rejected.sentence
        if self.collection_error:
            return Status.BROKEN, self.collection_error
        names = [name for name in self.suite.names if self.only in ("", name)]
        if self.suite_run.stopped:
            names = [name for name in names if name in self.suite_run.results]
        results = [self.suite_run.results.get(name) for name in names]
        if any(result is None for result in results):
            return Status.BROKEN, "a check of the suite did not run"
        done = [result for result in results if result is not None]
        status = Status.worst(result.status for result in done)
        if self.avoided_use() and status in (Status.PASSED, Status.FAILED):
            name, _ = self.bench.uses[0]
            return Status.FAILED, f"Your code uses {name}; this kata asks you to write it yourself."
        if status in (Status.PASSED, Status.NOT_RUN) and any(r.status is not Status.PASSED for r in done):
            return Status.BROKEN, "a check of the suite did not run"
        worst = next((r for r in done if r.status is status and r.failure), None)
        beyond = status.rank > Status.INCOMPLETE.rank
        return status, worst.failure.message if beyond and worst and worst.failure else ""

    def avoided_use(self) -> Frame | None:
        """Return where the submission uses a name that the kata asks to avoid."""
        known = [line for name, line in self.bench.uses if name in self.submission.avoid]
        return Frame(known[0], "") if known else None

    def tell_check(self, result: CheckResult) -> None:
        self.client.tell("check", check=to_plain(replace(result, output=plain(result.output))))

    def finish(self, status: Status, message: str, at: Frame | None = None) -> None:
        """Tell how the report ends."""
        self.told = True
        frames = with_code((at,) if at else (), self.submission)
        for check in self.suite.checks:
            if check.name not in self.suite_run.results:
                self.tell_check(CheckResult(check.name, check.sentence, Status.NOT_RUN))
        ms = round(1000 * (time.perf_counter() - self.started), 1)
        self.client.tell(
            "report",
            status=status,
            message=plain(message),
            ms=ms,
            at=to_plain(frames[0] if frames else None),
            output=plain(self.bench.take_output()),
        )


def stand_in_module(entry_points: tuple[str, ...]) -> types.ModuleType:
    """Return the module that a suite imports as `submission`."""
    module = types.ModuleType("submission")
    for name in entry_points:
        setattr(module, name, EntryPoint(context.Current(), name))
    return module


def main() -> None:
    """Run as a process of its own, where forking is not safe: `judge CONNECTION_FD`."""
    sys.dont_write_bytecode = True
    hide_memory()
    confinement = Confinement.build()
    setting = Setting(Spawned(), probe(confinement), confinement, Session())
    judge_connection(socket.socket(fileno=int(sys.argv[1])), setting)


if __name__ == "__main__":
    main()
