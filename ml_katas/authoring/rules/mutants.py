"""The rule that a suite kills automatic mutants, but for those that `kata.toml` marks as equivalent."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ...course.kata import Equivalent, Kata
from ...report import Report, Status
from ...support.spelling import nearest
from ...support.toml import read_text
from ..findings import Finding, line_of
from ..mutation import AutoMutant, automatic_mutants, diff
from ..trials import Trial, TrialRunner

_ADVICE = "Add a check that it fails; or mark it in kata.toml, where no input can show the difference"


def automatic_mutants_are_killed(kata: Kata, runner: TrialRunner) -> Iterator[Finding]:
    """Every automatic mutant fails, or is marked as equivalent; every mark is needed.

    Each is the solution with one small change: another axis, another constant, a call left out. Where no
    check notices, learners can make that very mistake and pass.

    Add an input that brings the change out: sizes that differ, ties, negative numbers, an empty batch. Where
    no input can (the change is equivalent), copy the mark below the finding into kata.toml and give the
    reason.
    """
    judged = verdicts(kata, runner)
    marks = {(mark.mutation, mark.line) for mark in kata.facts.equivalent}
    original = read_text(kata.solution)
    for mutant, report in judged:
        if report.status is Status.BROKEN:
            problem = f"the automatic mutant {mutant.mutation} could not be judged: {report.message}"
            yield Finding(path=kata.solution, problem=problem, line=mutant.number)
        elif report.status is Status.PASSED and (mutant.mutation, mutant.line) not in marks:
            problem = f"no check notices {mutant.mutation}. {_ADVICE}"
            yield Finding(
                path=kata.solution, problem=problem, line=mutant.number, detail=_shown(original, mutant)
            )
    yield from _marks_are_right(kata, judged)


def verdicts(kata: Kata, runner: TrialRunner) -> list[tuple[AutoMutant, Report]]:
    """Return each automatic mutant with its report."""
    judged = runner.reports(automatic_trials(kata, runner))
    return [(mutant, report) for mutant, (_, report) in zip(mutants_of(kata), judged, strict=True)]


def automatic_trials(kata: Kata, runner: TrialRunner, *, is_thorough: bool = False) -> list[Trial]:
    """Return the trials of all automatic mutants; unless *is_thorough* they stop at the first kill."""
    stop = not (is_thorough or runner.is_thorough)
    return [Trial(path=kata.solution, source=mutant.source, stop=stop) for mutant in mutants_of(kata)]


def mutants_of(kata: Kata) -> tuple[AutoMutant, ...]:
    """Return the automatic mutants of a kata's solution."""
    return _mutants(read_text(kata.solution))


@cache
def _mutants(source: str) -> tuple[AutoMutant, ...]:
    return automatic_mutants(source)


def _shown(original: str, mutant: AutoMutant) -> str:
    """Return a survivor as a diff, and the mark that would excuse it."""
    mark = (
        f'[[equivalent]]\nmutation = {_quoted(mutant.mutation)}\nline = {_quoted(mutant.line)}\nreason = ""'
    )
    return f"{diff(original, mutant)}\n\n{mark}"


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text and "'" not in text else '"' + text.replace('"', '\\"') + '"'


def _marks_are_right(kata: Kata, judged: list[tuple[AutoMutant, Report]]) -> Iterator[Finding]:
    path = kata.folder / "kata.toml"
    for number, mark in enumerate(kata.facts.equivalent):
        wrong = _wrong_with(mark, judged)
        if wrong:
            header = [r"^\[\[equivalent\]\]"] * (number + 1)
            yield Finding(path=path, problem=wrong, line=line_of(read_text(path), *header))


def _wrong_with(mark: Equivalent, judged: list[tuple[AutoMutant, Report]]) -> str:
    if not mark.reason.strip():
        return f"the mark of {mark.mutation!r} needs a reason: why can no input show the difference?"
    meant = [
        report for mutant, report in judged if (mutant.mutation, mutant.line) == (mark.mutation, mark.line)
    ]
    if not meant:
        near = nearest(mark.mutation, [mutant.mutation for mutant, _ in judged if mutant.line == mark.line])
        return f"no automatic mutant is {mark.mutation!r} in the line {mark.line!r}; remove the mark.{near}"
    killers = {name for report in meant for name in report.failed_checks}
    if all(report.status is not Status.PASSED for report in meant):
        return (
            f"{mark.mutation!r} is not equivalent: {' and '.join(sorted(killers))} kills it; remove the mark"
        )
    return ""
