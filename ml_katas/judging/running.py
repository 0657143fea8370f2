"""The run of a suite: its checks one by one, and how each ended."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from _pytest.compat import NOTSET
from _pytest.python import get_direct_param_fixture_func
from _pytest.tmpdir import tmppath_result_key

from ..report import CheckResult, Failure, Status
from ..suite import Check, Suite
from . import context, seeds
from .bench import Bench, Rejected, is_memory, memory_ending
from .endings import Ended
from .judge_peer import CannotCross
from .planting import seed_everything
from .transcript import Transcript
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


@dataclass(frozen=True)
class Evidence:
    """What the submission answered in one failing instance of a check, and how that ended."""

    item: pytest.Item
    status: Status
    kind: str
    transcript: Transcript


class SuiteRun:
    """Runs the instances of a suite's checks against a bench; a check is told when its last one has ended."""

    def __init__(
        self,
        bench: Bench,
        suite: Suite,
        run_seed: str,
        *,
        on_check: Callable[[CheckResult], None],
        stops: bool = False,
    ) -> None:
        self.results: dict[str, CheckResult] = {}
        self.evidence: list[Evidence] = []
        self.fatal: tuple[Ended, str] | None = None
        self.rejected: Rejected | None = None
        self.stopped = False
        self._suite = {check.name: check for check in suite.checks}
        self._run_seed = run_seed
        self._on_check = on_check
        self._stops = stops
        self._transcript: Transcript | None = None
        self._open: dict[str, Outcome] = {}
        self.error: BaseException | None = None
        self.use(bench)

    def use(self, bench: Bench) -> None:
        """Run checks against the submission on this bench from now on."""
        self._bench = context.current = bench

    def run(self, items: Sequence[pytest.Item]) -> None:
        """Run the instances of checks in the order given."""
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
        self.results[check.name] = CheckResult(check.name, check.sentence, Status.NOT_RUN, failure=reason)
        return True

    def _reason_not_to_run(self, check: Check) -> Failure | None:
        if self.fatal is not None:
            ending, where = self.fatal
            return Failure("not_run", f"not run, because of what happened in {where!r}: {ending.sentence}")
        for name in check.after:
            earlier = self.results.get(name)
            if earlier is not None and earlier.status is not Status.PASSED:
                return Failure("after", f"waits for {earlier.sentence!r}")
        return None

    def _run(self, check: Check, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        started = time.perf_counter()
        status, failure = self.run_item(item, nextitem)
        ms = 1000 * (time.perf_counter() - started)
        outcome = self._open.setdefault(check.name, Outcome([]))
        outcome.add(status, failure, self._bench.take_output(), ms)
        if failure is not None and self._transcript is not None:
            self.evidence.append(Evidence(item, status, failure.kind, self._transcript))

    def run_item(self, item: pytest.Item, nextitem: pytest.Item | None) -> tuple[Status, Failure | None]:
        """Run one instance of a check under its seeds."""
        self.error = None
        try:
            self._bench.begin_check(self._run_seed, item.name)
            seed_everything(seeds.derive(self._run_seed, item.name, "judge"))
            self.error = run_item(item, nextitem)
        except Rejected as rejected:
            self.rejected = rejected
            return rejected.status, Failure("exception", rejected.sentence)
        except Ended as ended:
            self.error = ended
        return self._verdict(item)

    def answers_like(self, seen: Evidence) -> bool:
        """Run a failing check again and say whether it ends with the same answers."""
        status, failure = self.run_item(seen.item, None)
        if failure is None or self._transcript is None:
            return False
        alike = (status, failure.kind) == (seen.status, seen.kind)
        return alike and self._transcript.same_as(seen.transcript)

    def _verdict(self, item: pytest.Item) -> tuple[Status, Failure | None]:
        peer = self._bench.current
        self._transcript = None if peer is None else peer.transcript
        ending = self._bench.end_check()
        error = ending or self.error
        if ending is not None and ending.final:
            self.fatal = ending, self._suite[check_name(item)].sentence
        if error is None:
            return Status.PASSED, None
        if is_memory(error):
            error = memory_ending(self._bench.clock.limits)
            self._bench.put_away()
        return verdict_of(error, self._bench.submission, asked=self._asked())

    def _asked(self) -> bool:
        peer = self._bench.current
        return peer is None or (peer.asked > 0 and not isinstance(self.error, CannotCross))

    def _close(self, check: Check) -> None:
        outcome = self._open.pop(check.name, None)
        if outcome is not None:
            self.results[check.name] = CheckResult(
                check.name,
                check.sentence,
                outcome.status,
                round(outcome.ms, 1),
                outcome.failure,
                outcome.output,
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


def run_item(item: pytest.Item, nextitem: pytest.Item | None) -> BaseException | None:
    """Run an instance of a check with its fixtures; return the first exception.

    Without the reports and hooks of pytest's own protocol, which nobody here listens to, and without its
    fixtures where there are none: they take longer than many a check.
    """
    arguments = _plain_arguments(item)
    if arguments is not None:
        item.funcargs = arguments  # type: ignore[attr-defined]
        return _attempt(item.runtest)
    item.stash.setdefault(tmppath_result_key, {})
    if not item._request:  # type: ignore[attr-defined]
        item._initrequest()  # type: ignore[attr-defined]
    state = item.session._setupstate
    error = _attempt(lambda: state.setup(item)) or _attempt(item.runtest)
    late = _attempt(lambda: state.teardown_exact(nextitem))
    item._request, item.funcargs = False, None  # type: ignore[attr-defined]
    return error or late


def _plain_arguments(item: Any) -> dict[str, Any] | None:
    """Return the arguments of an instance that has none but those of its own parametrization, else None."""
    spec = getattr(item, "callspec", None)
    arguments = dict(spec.params) if spec else {}
    if NOTSET in arguments.values():  # parametrized with nothing
        return None
    fixtures = item._fixtureinfo.name2fixturedefs
    own = all(
        name in arguments and fixtures[name][-1].func is get_direct_param_fixture_func
        for name in item.fixturenames
    )
    return arguments if own and not item.session._setupstate.stack else None


def _attempt(phase: Callable[[], None]) -> BaseException | None:
    try:
        phase()
    except BaseException as error:
        return error
    return None


def check_name(item: pytest.Item) -> str:
    """Return the name of the check that *item* is an instance of."""
    return getattr(item, "originalname", None) or item.name
