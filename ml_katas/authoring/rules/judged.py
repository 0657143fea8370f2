"""The rules of a kata that must be tried: each has submissions judged and yields what is to be fixed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from ...course.kata import Kata, Limits
from ...course.mistakes import Mistake
from ...course.starters import render_starter
from ...course.suite import Check
from ...report import Report, Status
from ..findings import Finding, Severity
from ..trials import Trial, TrialRunner, trials_of_mistakes
from .junk import junk_trials
from .mutants import automatic_trials

_NOT_KILLED = (Status.PASSED, Status.BROKEN)
_AT_ONCE = 8


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
    orders = ("", *runner.seeds[1:])  # each seed but the first comes with an order of its own
    turns = list(zip(runner.seeds, orders, strict=True))
    trials = [Trial.of(path, seed, order) for path in paths for seed, order in turns]
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
    first, *others = runner.seeds
    judged = runner.reports(trials_of_mistakes(kata, first))
    caught = list(zip(kata.mistakes, (report for _, report in judged), strict=True))
    for mistake, report in caught:
        problem = _not_caught(mistake, report)
        if problem:
            yield Finding(path=mistake.path, problem=f"{mistake.name} {problem}", line=mistake.line)
    for seed in others:
        yield from _caught_by_luck(runner, seed, caught)


def _caught_by_luck(
    runner: TrialRunner, seed: str, caught: Sequence[tuple[Mistake, Report]]
) -> Iterator[Finding]:
    """Yield the mistakes that pass a check with this seed which they failed before."""
    named = [(mistake, _catcher(mistake, report)) for mistake, report in caught]
    tried = [(mistake, check) for mistake, check in named if check]
    trials = [Trial(path=m.path, source=m.source, seed=seed, only=check) for m, check in tried]
    for (mistake, check), (_, report) in zip(tried, runner.reports(trials), strict=True):
        if check not in report.failed_checks:
            problem = f"{mistake.name} fails {check} by luck: with seed {seed} it {outcome(report)}"
            yield Finding(path=mistake.path, problem=problem, line=mistake.line)


def _catcher(mistake: Mistake, report: Report) -> str:
    """Return the check that catches a mistake, one of those that are meant to, or nothing."""
    return next((name for name in mistake.caught_by if name in report.failed_checks), "")


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
    """Every check fails for some mistake, mutant or junk, or names the sentence of the brief that it pins.

    A check that nothing fails may be written so that it cannot fail.

    Write the mistake that the check is for. Where none comes to mind, and the brief promises what it checks,
    say so below the first line of its docstring: `Pins: "x is not changed".`, in the words of the brief.
    """
    judged = runner.reports(trials_of_mistakes(kata))
    judged += runner.reports([*junk_trials(kata), *automatic_trials(kata, runner)])
    idle = set(kata.suite.names).difference(*(report.failed_checks for _, report in judged))
    unreached = automatic_trials(kata, runner, is_thorough=True)
    while idle and unreached:  # some checks that were not reached would have killed
        some, unreached = unreached[:_AT_ONCE], unreached[_AT_ONCE:]
        idle = idle.difference(*(report.failed_checks for _, report in runner.reports(some)))
    for check in kata.suite.checks:
        if check.name in idle:
            problem = _unpinned(kata, check)
            if problem:
                yield Finding(path=kata.suite.path, problem=problem, line=check.line)


def _unpinned(kata: Kata, check: Check) -> str:
    """Return what is wrong with a check that kills nothing, or nothing where it pins a sentence."""
    if not check.pins:
        return f"{check.name} kills nothing: write the mistake that it is for, or name the sentence it pins"
    brief = " ".join(kata.brief.split())
    missing = [quoted for quoted in check.pins if " ".join(quoted.split()) not in brief]
    return f"{check.name} pins what the brief does not say: {missing[0]!r}" if missing else ""


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
        details = (failure.kind, failure.message, failure.expected, failure.actual) if failure else ()
        seen.append((check.name, check.status, details, failure.window if failure else None))
    return seen
