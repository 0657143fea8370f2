"""Checks that are run once more, against code of the author's: mistakes and the solution."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ...course.kata import Kata
from ...report import Status
from ...support.records import replace
from ..boundary.initial_states import State
from ..sandbox.providers import Forked
from .evidence import Evidence
from .submission import Rejected, Submission
from .suite_run import SuiteRun
from .supervisor import Supervisor


class Rerun:
    """Runs instances of checks with other code, which stays loaded until other code is asked for."""

    def __init__(self, kata: Kata, suite_run: SuiteRun) -> None:
        self._kata = kata
        self._suite_run = suite_run
        self._loaded = b""
        self._supervisor: Supervisor | None = None

    def status(self, source: bytes, item: pytest.Item) -> Status:
        """Return how one instance ends with this code."""
        return self._run(source, item, ())[0]

    def evidence(self, source: bytes, item: pytest.Item, states: Sequence[State] = ()) -> Evidence | None:
        """Return how one instance fails with this code; None where it passes or its end says nothing."""
        return self._run(source, item, states)[1]

    def draws(self, source: bytes, item: pytest.Item) -> bool:
        """Return whether this code draws random numbers in one instance."""
        self._run(source, item, ())
        peer = self._supervisor.current if self._supervisor else None
        return peer is not None and peer.drew

    def _run(
        self, source: bytes, item: pytest.Item, states: Sequence[State]
    ) -> tuple[Status, Evidence | None]:
        try:
            self._load(source)
        except Rejected as rejected:
            return rejected.status, None
        return self._suite_run.evidence_of(item, states)

    def _load(self, source: bytes) -> None:
        is_lost = self._supervisor is not None and self._supervisor.ending is not None
        if self._supervisor is None or is_lost:
            submission = self._submission(source)
            self._supervisor = Supervisor(Forked(), submission, self._kata.facts.limits, [])
            self._suite_run.use(self._supervisor)
        elif source != self._loaded:
            self._supervisor.load(self._submission(source))
        self._loaded = source

    def _submission(self, source: bytes) -> Submission:
        return replace(self._suite_run.submission, source=source, file_name=self._kata.file_name, avoid=())
