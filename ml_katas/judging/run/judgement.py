"""One submission judged by one suite, from the start of its sandbox to the diagnosis."""

from __future__ import annotations

import contextlib
import functools
import signal
import sys
import time
from pathlib import Path

import pytest

from ...course.suite import Suite
from ...report import CheckResult, Frame, Isolation, Status
from ...support.records import record
from .. import endings
from ..boundary.exceptions import wants_memory
from ..boundary.frames import RecordingChannel
from ..log import log
from ..protocol import Checked, Client, Diagnosed, Ended, Recorded, Request, Started
from ..sandbox.confinement import Confinement
from ..sandbox.providers import Sandboxes
from .diagnosis import diagnose
from .session import CannotCollect, Session
from .submission import Rejected, Submission, with_code
from .submission_module import stand_in_module
from .suite_run import SuiteRun, check_name, shuffled
from .supervisor import Supervisor


@record
class Setting:
    """What a judge is given: a source of sandboxes, how far they are confined, a pytest session."""

    sandboxes: Sandboxes
    isolation: Isolation
    confinement: Confinement
    session: Session


class Judgement:
    """One submission judged by one kata's suite."""

    def __init__(self, request: Request, client: Client, setting: Setting) -> None:
        self.request = request
        self.folder = Path(request.kata)
        self.suite = manifest(self.folder)
        self.limits = request.limits
        self.isolation = setting.isolation
        self.session = setting.session
        self.client = client
        self.started = time.perf_counter()
        self.submission = Submission(
            request.source, request.file_name, request.entry_points, request.avoid, request.builds_on
        )
        self.supervisor = Supervisor(setting.sandboxes, self.submission, self.limits, [client])
        self.supervisor.record = request.record
        self.has_ended = False
        self.collection_error = ""
        self.suite_run = SuiteRun(
            self.supervisor,
            self.suite,
            request.seed,
            on_check=self.send_check,
            stops=request.stop,
            salt=request.salt,
        )

    def run(self) -> None:
        """Judge, send the report, then the diagnosis; whatever goes wrong on the way is a verdict too."""
        try:
            self.judge()
        except BaseException as error:  # pytest's own do not derive from Exception
            self.crash(error)

    def judge(self) -> None:
        """Judge, send the report, then the diagnosis."""
        self.client.send(Started(self.suite.names, self.isolation, self.request.seed))
        sys.modules.setdefault("submission", stand_in_module(self.submission.entry_points))
        with contextlib.suppress(endings.Ending):
            self.supervisor.clock.begin_check()
            self.supervisor.start()  # it loads the submission while the suite is collected here
        items = self.collected()
        if self.submission_loads():
            self.suite_run.run(items)
            self.finish_suite()
        self.client.end()
        self.supervisor.put_away()
        self.session.close()

    def crash(self, error: BaseException) -> None:
        """End what went wrong in a place where nobody expected it; the log holds the traceback."""
        log(error)
        if not self.has_ended:
            self.finish(*self.unexpected(error))
        self.client.end()
        self.supervisor.put_away()

    def unexpected(self, error: BaseException) -> tuple[Status, str]:
        """Return the verdict for an exception that nobody expected; a submission may be behind it."""
        name = type(error).__name__
        if not self.supervisor.has_begun:
            return Status.BROKEN, f"The checker failed before it ran your code ({name})."
        if wants_memory(error):
            error = endings.memory_of_judge(self.limits.memory_mib)
        if isinstance(error, endings.Ending):
            return error.status, error.sentence
        return Status.CRASHED, f"The checker could not go on after what your code did ({name})."

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
        chosen = [item for item in items if self.request.only in ("", check_name(item))]
        return shuffled(chosen, self.suite, self.request.order) if self.request.order else chosen

    def submission_loads(self) -> bool:
        """Return whether the submission is there to be called; where it is not, that is the report."""
        try:
            self.supervisor.peer()
        except Rejected as rejected:
            self.finish(rejected.status, rejected.sentence, rejected.at)
        except endings.Ending as ended:
            at = ended.frames[-1] if ended.frames else None
            self.finish(ended.status, f"While it was imported: {ended.sentence}", at)
        return not self.has_ended

    def finish_suite(self) -> None:
        """Tell the report, then the diagnosis."""
        status, message = self.verdict()
        self.finish(status, message, self.avoided_use() if status is Status.FAILED else None)
        signal.setitimer(signal.ITIMER_REAL, 0)  # the verdict is out, and what follows has its own limits
        if isinstance(self.supervisor.channel, RecordingChannel):
            self.client.send(Recorded(bytes(self.supervisor.channel.recording)))
        if self.request.diagnose and self.suite_run.evidence and self.suite_run.is_whole:
            self.supervisor.put_away()
            self.client.send(Diagnosed(diagnose(self.folder, self.suite_run)))

    def verdict(self) -> tuple[Status, str]:
        """Return the report's status: passed only when every check of the manifest ran and passed."""
        if self.suite_run.rejected is not None:
            return self.suite_run.rejected.status, self.suite_run.rejected.sentence
        if self.collection_error:
            return Status.BROKEN, self.collection_error
        names = [name for name in self.suite.names if self.request.only in ("", name)]
        if self.suite_run.stopped:
            names = [name for name in names if name in self.suite_run.results]
        results = [self.suite_run.results.get(name) for name in names]
        if any(result is None for result in results):
            return Status.BROKEN, "a check of the suite did not run"
        done = [result for result in results if result is not None]
        status = Status.worst(result.status for result in done)
        use = self.supervisor.use
        if use is not None and status in (Status.PASSED, Status.FAILED):
            return Status.FAILED, use.sentence
        if status in (Status.PASSED, Status.NOT_RUN) and any(r.status is not Status.PASSED for r in done):
            return Status.BROKEN, "a check of the suite did not run"
        worst = next((r for r in done if r.status is status and r.failure), None)
        beyond = status.rank > Status.INCOMPLETE.rank
        return status, worst.failure.message if beyond and worst and worst.failure else ""

    def avoided_use(self) -> Frame | None:
        """Return where the submission uses what the kata asks to avoid."""
        use = self.supervisor.use
        return Frame(use.line, "") if use is not None else None

    def send_check(self, result: CheckResult) -> None:
        self.client.send(Checked(result))

    def finish(self, status: Status, message: str, at: Frame | None = None) -> None:
        """Tell how the report ends."""
        self.has_ended = True
        frames = with_code((at,) if at else (), self.submission)
        for check in self.suite.checks:
            if check.name not in self.suite_run.results:
                self.send_check(CheckResult(name=check.name, sentence=check.sentence, status=Status.NOT_RUN))
        ms = round(1000 * (time.perf_counter() - self.started), 1)
        self.client.send(
            Ended(
                status=status,
                message=message,
                ms=ms,
                at=frames[0] if frames else None,
                output=self.supervisor.take_output(),
            )
        )


@functools.cache
def manifest(folder: Path) -> Suite:
    """Return what the suite in *folder* promises; a batch reads it once."""
    return Suite.load(folder / "suite.py")
