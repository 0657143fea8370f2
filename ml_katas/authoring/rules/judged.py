"""The rules of a kata that must be tried: each has submissions judged and yields what is to be mended."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ...course.kata import Kata, Limits
from ...course.mistakes import Mistake
from ...course.starters import render_starter
from ...report import Report, Status
from ..findings import Finding, Severity
from ..trials import Trial, TrialRunner, trials_of_mistakes
from .junk import junk_trials
from .mutants import automatic_trials

_NOT_KILLED = (Status.PASSED, Status.BROKEN)


def solution_passes(kata: Kata, runner: TrialRunner) -> bool:
    """Return whether the solution passes with the first seed."""
    return runner.report(Trial.of(kata.solution, runner.seeds[0])).status is Status.PASSED


def right_solutions_pass(kata: Kata, runner: TrialRunner) -> Iterator[Finding]:
    """The solution and every variant pass with each seed, with the checks in file order and in others.

    A suite that rejects right answers costs a learner an evening. What passes with one seed only is luck;
    what passes in one order only shares state between checks.

    Run the check by itself: `mlkata author check KATA -k CHECK`, with --show-output or --pdb. Where a variant
    fails, the check asks for something that the brief leaves open: loosen the check, or write it into the
    brief.
    """
    paths = (kata.solution, *kata.variants)
    trials = [Trial.of(path, seed) for path in paths for seed in runner.seeds]
    trials += [Trial.of(path, runner.seeds[0], order=seed) for path in paths for seed in runner.seeds[1:]]
    wrong = [
        (trial, report) for trial, report in runner.reports(trials) if report.status is not Status.PASSED
    ]
    for path in paths:
        for trial, report in [each for each in wrong if each[0].path == path][:1]:
            yield Finding(path=path, problem=failing(trial, report))


def failing(trial: Trial, report: Report) -> str:
    how = f"with seed {trial.seed}" + (", the checks in another order," if trial.order else "")
    return f"must pass, and {how} it {outcome(report)}"


def starter_is_incomplete(kata: Kata, runner: TrialRunner) -> Iterator[Finding]:
    """The starter compiles and is `incomplete`, with its guidance and without.

    The first check that a learner runs should say what is still to be written. A starter that fails in
    another way looks like a mistake of theirs, and one that passes proves nothing.

    End each function with `raise NotImplementedError`, and look at both forms: `mlkata start --guided` and
    `--bare`.
    """
    texts = dict.fromkeys(render_starter(kata, bare=bare).encode() for bare in (False, True))
    judged = runner.reports([Trial(path=kata.starter_template, source=text) for text in texts])
    wrong = [outcome(report) for _, report in judged if report.status is not Status.INCOMPLETE]
    for how in dict.fromkeys(wrong):
        yield Finding(
            path=kata.starter_template,
            problem=f"must be incomplete (raise NotImplementedError), and it {how}",
        )


def mistakes_are_caught(kata: Kata, runner: TrialRunner) -> Iterator[Finding]:
    """Every known mistake fails a check that is meant to catch it, with each seed.

    This is the promise that a pass means something. A mistake that is caught now and then gets a learner
    through on the second try, and one that is caught by another check is explained by the wrong sentence.

    Add a check whose input brings the mistake out for certain (hand-worked numbers do), or name the check
    that catches it in the comment below the mistake's heading.
    """
    for seed in runner.seeds:
        judged = runner.reports(trials_of_mistakes(kata, seed))
        for mistake, (_, report) in zip(kata.mistakes, judged, strict=True):
            problem = _not_caught(mistake, report)
            if problem:
                says = f"{mistake.name} {problem} (seed {seed})"
                yield Finding(path=mistake.path, problem=says, line=mistake.line)


def _not_caught(mistake: Mistake, report: Report) -> str:
    if report.status in _NOT_KILLED:
        return f"is caught by no check: it {outcome(report)}"
    if report.failed_checks & set(mistake.caught_by):
        return ""
    caught = ", ".join(sorted(report.failed_checks)) or report.message
    return f"is caught, but not by {' or '.join(mistake.caught_by)}: by {caught}"


def mistakes_differ(kata: Kata, runner: TrialRunner) -> Iterator[Finding]:
    """No two mistakes behave alike on every check: no learner could tell one from the other.

    Where two mistakes give the same answers, a learner who makes one may be shown the sentences of the other.

    Merge their sentences and remove one, or add a check whose input tells them apart.
    """
    judged = runner.reports(trials_of_mistakes(kata))
    pairs = zip(kata.mistakes, judged, strict=True)
    for (first, (_, one)), (second, (_, other)) in combinations(pairs, 2):
        if behaviour(one) == behaviour(other):
            problem = f"{second.name} behaves like {first.name} on every check; one of the two may go"
            yield Finding(path=second.path, problem=problem, line=second.line, severity=Severity.WARNING)


def checks_kill_something(kata: Kata, runner: TrialRunner) -> Iterator[Finding]:
    """Every check fails for some mistake, mutant or junk; one that never does may promise nothing.

    A check that nothing fails is either written so that it cannot fail, or pins a sentence of the brief for
    which there is no mistake yet.

    Write the mistake that the check is for; where none comes to mind, remove the check.
    """
    judged = runner.reports(trials_of_mistakes(kata))
    judged += runner.reports([*junk_trials(kata), *automatic_trials(kata, runner)])
    idle = set(kata.suite.names).difference(*(report.failed_checks for _, report in judged))
    if idle:  # some that were not reached would have killed
        judged = runner.reports(automatic_trials(kata, runner, is_thorough=True))
        idle = idle.difference(*(report.failed_checks for _, report in judged))
    for check in kata.suite.checks:
        if check.name in idle:
            problem = f"{check.name} kills nothing: write the mistake that it is for, or leave it out"
            yield Finding(path=kata.suite.path, problem=problem, line=check.line, severity=Severity.WARNING)


def a_third_of_the_limits_is_enough(kata: Kata, runner: TrialRunner) -> Iterator[Finding]:
    """The solution passes with a third of the time and memory: a learner's machine may be slower.

    A right answer that runs into a limit is the worst report a learner can get, and machines differ by a
    factor of three easily.

    Make the suite's inputs smaller, or raise [limits] in kata.toml.
    """
    limits = kata.facts.limits
    third = Limits(limits.total_seconds / 3, limits.check_seconds / 3, limits.memory_mib // 3)
    report = runner.report(Trial(path=kata.solution, source=kata.solution.read_bytes(), limits=third))
    if report.status is not Status.PASSED:
        yield Finding(
            path=kata.suite.path, problem=f"with a third of its limits the solution {outcome(report)}"
        )


def outcome(report: Report) -> str:
    """Return how a report ended, in words that follow a name."""
    first = report.first_failure
    if first is None:
        return f"is {report.status}" + (f": {report.message}" if report.message else "")
    reason = first.failure.message if first.failure else ""
    return f"is {report.status} in {first.name}" + (f": {reason}" if reason else "")


def behaviour(report: Report) -> object:
    """Return what of a report depends on the code that was judged, and not on where it stands in its file."""
    seen = []
    for check in report.checks:
        failure = check.failure
        told = (failure.kind, failure.message, failure.expected, failure.actual) if failure else ()
        seen.append((check.name, check.status, told, failure.window if failure else None))
    return seen
