"""One submission judged by one suite, from the start of its sandbox to the diagnosis."""

from __future__ import annotations

import base64
import contextlib
import functools
import signal
import sys
import time
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ..kata import Limits
from ..plain import plain
from ..records import dataclass
from ..report import CheckResult, Frame, Isolation, Status, to_plain
from ..suite import Suite
from . import context
from .bench import Bench, Rejected, Submission
from .confinement import Confinement
from .diagnosing import diagnose
from .endings import Ended
from .request import Client
from .running import SuiteRun, check_name, shuffled
from .sandboxes import Sandboxes
from .session import CannotCollect, Session
from .standins import EntryPoint
from .verdicts import with_code
from .wire import RecordingChannel


@dataclass(frozen=True)
class Setting:
    """What a judge is given: a source of sandboxes, how far they are confined, a pytest session."""

    sandboxes: Sandboxes
    isolation: Isolation
    confinement: Confinement
    session: Session


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


@functools.cache
def manifest(folder: Path) -> Suite:
    """Return what the suite in *folder* promises; a batch reads it once."""
    return Suite.load(folder / "suite.py")


def stand_in_module(entry_points: tuple[str, ...]) -> types.ModuleType:
    """Return the module that a suite imports as `submission`."""
    module = types.ModuleType("submission")
    for name in entry_points:
        setattr(module, name, EntryPoint(context.Current(), name))
    return module
