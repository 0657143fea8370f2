"""The run of a suite: its checks one by one, and how each ended."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from ...course.suite import Check, Suite
from ...report import CheckResult, Failure, FailureKind, Status
from .. import endings, seeds
from ..boundary.exceptions import wants_memory
from ..boundary.initial_states import State
from ..boundary.judge_side import CannotCross
from ..endings import Ending
from ..generators import seed_everything
from . import submission_module
from .evidence import Evidence
from .session import run_item
from .submission import Rejected, Submission, is_memory, memory_ending
from .supervisor import Supervisor
from .verdicts import verdict_of


@dataclass
class Outcome:
    """How the instances of one check have ended so far."""

    statuses: list[Status]
    failure: Failure | None = None
    output: str = ""
    ms: float = 0.0

    def add(self, status: Status, failure: Failure | None, output: str, ms: float) -> None:
        worse = all(status.rank > other.rank for other in self.statuses)
        self.failure = failure if failure is not None and (self.failure is None or worse) else self.failure
        self.statuses.append(status)
        self.output = (self.output + output)[: 64 << 10]
        self.ms += ms

    @property
    def status(self) -> Status:
        return max(self.statuses, key=lambda status: status.rank)


class SuiteRun:
    """Runs the instances of a suite's checks; a check is reported when its last instance has ended."""

    def __init__(
        self,
        supervisor: Supervisor,
        suite: Suite,
        run_seed: str,
        *,
        on_check: Callable[[CheckResult], None],
        stops: bool = False,
        salt: str = "",
    ) -> None:
        self.results: dict[str, CheckResult] = {}
        self.evidence: list[Evidence] = []
        self.passed: list[pytest.Item] = []
        self.is_whole = True  # whether there is evidence of every failure
        self.fatal: tuple[Ending, str] | None = None
        self.rejected: Rejected | None = None
        self.stopped = False
        self._suite = {check.name: check for check in suite.checks}
        self._run_seed = run_seed
        self._on_check = on_check
        self._stops = stops
        self._last: Evidence | None = None
        self._open: dict[str, Outcome] = {}
        self.error: BaseException | None = None
        self.use(supervisor, salt)

    def use(self, supervisor: Supervisor, salt: str = "") -> None:
        """Run checks against the submission on this supervisor from now on; *salt* changes its seeds."""
        self._supervisor = submission_module.current = supervisor
        self._salt = salt

    @property
    def submission(self) -> Submission:
        """What is run against the suite now."""
        return self._supervisor.submission

    def run(self, items: Sequence[pytest.Item]) -> None:
        """Run the instances of checks in the order given."""
        # pytest keeps the fixtures that the next instance uses too.
        for item, nextitem in zip(items, [*items[1:], None][: len(items)], strict=True):
            check = self._suite[check_name(item)]
            if not self._not_run(check):
                self._run(check, item, nextitem)
            if nextitem is None or check_name(nextitem) != check.name:
                self._close(check)
                if self._stops and self.results[check.name].status is not Status.PASSED:
                    self.stopped = True
                    return

    # -------- one check

    def _not_run(self, check: Check) -> bool:
        reason = self._reason_not_to_run(check)
        if reason is None:
            return False
        self.results[check.name] = CheckResult(
            name=check.name, sentence=check.sentence, status=Status.NOT_RUN, failure=reason
        )
        return True

    def _reason_not_to_run(self, check: Check) -> Failure | None:
        if self.fatal is not None:
            ending, where = self.fatal
            return Failure(
                kind=FailureKind.NOT_RUN,
                message=f"not run, because of what happened in {where!r}: {ending.sentence}",
            )
        for name in check.after:
            earlier = self.results.get(name)
            if earlier is not None and earlier.status is not Status.PASSED:
                return Failure(kind=FailureKind.AFTER, message=f"waits for {earlier.sentence!r}")
        return None

    def _run(self, check: Check, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        started = time.perf_counter()
        status, failure = self.run_item(item, nextitem)
        ms = 1000 * (time.perf_counter() - started)
        outcome = self._open.setdefault(check.name, Outcome([]))
        outcome.add(status, failure, self._supervisor.take_output(), ms)
        if status is Status.PASSED:
            self.passed.append(item)
        elif self._last is not None:
            self.evidence.append(self._last)
        else:
            self.is_whole = False

    def run_item(
        self, item: pytest.Item, nextitem: pytest.Item | None, states: Sequence[State] = ()
    ) -> tuple[Status, Failure | None]:
        """Run one instance of a check under its seeds; modules of the submission begin with *states*."""
        self.error = self._last = None
        try:
            self._supervisor.begin_check(f"{self._run_seed}{self._salt}", item.name, states)
            seed_everything(seeds.derive(self._run_seed, item.name, "judge"))
            self.error = run_item(item, nextitem)
        except Rejected as rejected:
            self.rejected = rejected
            return rejected.status, Failure(kind=FailureKind.EXCEPTION, message=rejected.sentence)
        except Ending as ended:
            self.error = ended
        return self._verdict(item)

    def evidence_of(self, item: pytest.Item, states: Sequence[State] = ()) -> tuple[Status, Evidence | None]:
        """Run one instance again; return how it ends, and the evidence where it fails."""
        status, _ = self.run_item(item, None, states)
        return status, self._last

    def _verdict(self, item: pytest.Item) -> tuple[Status, Failure | None]:
        peer = self._supervisor.current
        ending = self._supervisor.end_check()
        error = ending or self.error
        if ending is not None and ending.final:
            self.fatal = ending, self._suite[check_name(item)].sentence
        if error is None:
            return Status.PASSED, None
        if is_memory(error):
            error = memory_ending(self._supervisor.clock.limits)
            self._supervisor.put_away()
        elif wants_memory(error) and self._asked():
            error = endings.memory_of_judge(self._supervisor.clock.limits.memory_mib)
        callback = None if peer is None else peer.callback_failure
        submission, asked = self._supervisor.submission, self._asked()
        status, failure = verdict_of(error, submission, asked=asked, callback=callback)
        drew, states = (peer.drew, tuple(peer.initial.noted)) if peer else (False, ())
        self._last = Evidence.of(item, error, failure, raised=self.error, drew=drew, states=states)
        return status, replace(failure, call=peer.last_call()) if peer else failure

    def _asked(self) -> bool:
        peer = self._supervisor.current
        return peer is None or (peer.asked > 0 and not isinstance(self.error, CannotCross))

    def _close(self, check: Check) -> None:
        outcome = self._open.pop(check.name, None)
        if outcome is not None:
            self.results[check.name] = CheckResult(
                name=check.name,
                sentence=check.sentence,
                status=outcome.status,
                ms=round(outcome.ms, 1),
                failure=outcome.failure,
                output=outcome.output,
            )
        self._on_check(self.results[check.name])


def shuffled(items: Sequence[pytest.Item], suite: Suite, order: str) -> list[pytest.Item]:
    """Return *items* with their checks in a random order, which *order* seeds; `@after` is kept."""
    choose = random.Random(order).choice
    open_checks, chosen = list(suite.checks), []
    while open_checks:
        waiting = {check.name for check in open_checks}
        chosen.append(choose([check for check in open_checks if not waiting.intersection(check.after)]))
        open_checks.remove(chosen[-1])
    place = {check.name: number for number, check in enumerate(chosen)}
    return sorted(items, key=lambda item: place[check_name(item)])


def check_name(item: pytest.Item) -> str:
    """Return the name of the check that *item* is an instance of."""
    return getattr(item, "originalname", None) or item.name
