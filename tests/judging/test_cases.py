"""Every check of every case ends as it says; a case is judged once."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from ml_katas.course.suite import Suite
from ml_katas.judging.protocol import Judge
from ml_katas.report import Report, Status
from tests.judging.cases import Case, Expectation, cases
from tests.plugins.engine import Engine, telling

GENEROUS = {"total_seconds": 60, "check_seconds": 30, "memory_mib": 2048}
MOST_MESSAGE = 10_000
CASES = cases()


@pytest.fixture(scope="module")
def report_on(
    _judge_of_the_session: Judge, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Case], Report]:
    """Return what judges a case, once."""
    engine = Engine(_judge_of_the_session, tmp_path_factory.mktemp("cases"))

    @functools.cache
    def report_on(case: Case) -> Report:
        kata = engine.make_kata(telling(case.suite), entry_points=case.entry_points, limits=GENEROUS)
        return engine.judge_kata(kata, case.submission)

    return report_on


@pytest.mark.parametrize(
    ("case", "name", "expected"),
    [
        pytest.param(case, name, expected, id=f"{case.name}-{name}")
        for case in CASES
        for name, expected in case.expectations()
    ],
)
def test_a_check_ends_as_it_says(
    report_on: Callable[[Case], Report], case: Case, name: str, expected: Expectation
) -> None:
    """A check passes, or fails with the status and in the words that stand below its docstring."""
    report = report_on(case)
    results = {check.name: check for check in report.checks}
    assert name in results, report.message
    result = results[name]
    assert expected.fits(result), (
        f"{result.status}: {result.failure.message if result.failure else report.message}"
    )
    assert result.failure is None or len(result.failure.message) < MOST_MESSAGE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_report_has_the_worst_status_of_its_checks(report_on: Callable[[Case], Report], case: Case) -> None:
    """The checks of a case come in their order with their sentences; the worst is the report's status."""
    report, suite = report_on(case), Suite.load(case.folder / "suite.py")
    assert [(check.name, check.sentence) for check in report.checks] == [
        (check.name, check.sentence) for check in suite.checks
    ]
    assert report.status is Status.worst(check.status for check in report.checks)
