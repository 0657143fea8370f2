"""A judge that obeys: the one fake, at the one seam."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ml_katas.course.kata import Kata
from ml_katas.judging.cancel import Cancel
from ml_katas.judging.protocol import OnEvent, Request, Started
from ml_katas.report import (
    CheckResult,
    Diagnosis,
    Failure,
    FailureKind,
    Isolation,
    IsolationLevel,
    Report,
    Status,
)


@dataclass
class ObedientJudge:
    """Gives the verdicts it was told to give, the last one for ever, and remembers what it was asked."""

    verdicts: list[Status] = field(default_factory=lambda: [Status.PASSED])
    asked: list[tuple[str, bytes, str, str]] = field(default_factory=list)

    def __call__(
        self, request: Request, *, on_event: OnEvent | None = None, cancel: Cancel | None = None
    ) -> Report:
        kata = Kata.load(Path(request.kata))
        self.asked.append((kata.slug, request.source, request.file_name, request.seed))
        if on_event is not None:
            on_event(Started(kata.suite.names, Isolation(IsolationLevel.STRONG)))
        status = self.verdicts.pop(0) if len(self.verdicts) > 1 else self.verdicts[0]
        return report_of(kata, status, request.seed or "7f3a")

    @contextmanager
    def judging(self, **_: Any) -> Iterator[ObedientJudge]:
        yield self


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> ObedientJudge:
    """Return a judge that takes the place of the engine at the one seam."""
    fake = ObedientJudge()
    monkeypatch.setattr("ml_katas.judging.client.judging", fake.judging)
    return fake


def report_of(kata: Kata, status: Status, seed: str) -> Report:
    """Return a report whose first check has *status*; the others wait for it unless it passed."""
    rest = Status.PASSED if status is Status.PASSED else Status.NOT_RUN
    wrong = (
        None
        if status is Status.PASSED
        else Failure(kind=FailureKind.ASSERTION, message="double(1) is 1, not 2")
    )
    checks = tuple(
        CheckResult(
            name=check.name,
            sentence=check.sentence,
            status=rest if n else status,
            ms=1.0,
            failure=None if n else wrong,
        )
        for n, check in enumerate(kata.suite.checks)
    )
    first = kata.suite.checks[0].name
    diagnosis = Diagnosis("squares", first, "This squares the number.") if wrong else None
    return Report(
        kata=kata.slug,
        status=status,
        seed=seed,
        ms=12.0,
        isolation=Isolation(IsolationLevel.STRONG),
        checks=checks,
        diagnosis=diagnosis,
    )
