"""The rules of a kata that must be tried: each has submissions judged and yields what is to be mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..kata import Kata
from ..report import Report, Status
from ..templates import render_starter
from .court import SEEDS, Court, Trial
from .findings import Finding

Rule = Callable[[Kata, Court], Iterator[Finding]]


def right_solutions_pass(kata: Kata, court: Court) -> Iterator[Finding]:
    """The solution and every variant pass with each seed."""
    paths = (kata.solution, *kata.variants)
    for trial, report in court.reports([Trial.of(path, seed) for path in paths for seed in SEEDS]):
        if report.status is not Status.PASSED:
            yield Finding(trial.path, f"must pass, and with seed {trial.seed} {_said(report)}")


def starter_is_incomplete(kata: Kata, court: Court) -> Iterator[Finding]:
    """The starter compiles and is `incomplete`, with its guidance and without."""
    texts = dict.fromkeys(render_starter(kata, bare=bare).encode() for bare in (False, True))
    for trial, report in court.reports([Trial(kata.starter_template, text) for text in texts]):
        if report.status is not Status.INCOMPLETE:
            yield Finding(trial.path, f"must be incomplete (raise NotImplementedError), and {_said(report)}")


def mutants_are_caught(kata: Kata, court: Court) -> Iterator[Finding]:
    """Every known mistake fails a check that is meant to catch it."""
    judged = court.reports([Trial.of(mutant.path) for mutant in kata.mutants])
    for mutant, (_, report) in zip(kata.mutants, judged, strict=True):
        if report.status in (Status.PASSED, Status.BROKEN):
            yield Finding(mutant.path, f"no check catches this mutant: it {_said(report)}")
        elif not report.failed_checks & set(mutant.caught_by):
            caught = ", ".join(sorted(report.failed_checks)) or report.message
            yield Finding(mutant.path, f"caught, but not by {' or '.join(mutant.caught_by)}: by {caught}")


def suite_is_fast(kata: Kata, court: Court) -> Iterator[Finding]:
    """The solution takes at most a third of the suite's time limit."""
    for _, report in court.reports([Trial.of(kata.solution)]):
        limit = kata.facts.limits.total_seconds / 3
        if report.ms > 1000 * limit:
            yield Finding(
                kata.suite.path, f"the suite takes {report.ms / 1000:.1f} s; at most {limit:.1f} s is allowed"
            )


def _said(report: Report) -> str:
    first = report.first_failure
    if first is None:
        return f"is {report.status}" + (f": {report.message}" if report.message else "")
    reason = first.failure.message if first.failure else ""
    return f"is {report.status} in {first.name}" + (f": {reason}" if reason else "")


RULES: tuple[Rule, ...] = (
    right_solutions_pass,
    starter_is_incomplete,
    mutants_are_caught,
    suite_is_fast,
)
