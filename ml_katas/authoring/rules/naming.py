"""The rule that a mistake is recognised by name in another's handwriting, and no other code is given it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...course.changes import changed, hunks_of, lines_of
from ...course.kata import Kata
from ...course.mistakes import Mistake
from ...errors import InvalidKata
from ...report import Report, Status
from ...support.records import record
from ...support.toml import read_text
from ..difference import difference
from ..findings import Finding, Severity
from ..trials import Trial, TrialRunner

_OTHER_SIDE = "another side"  # random numbers of the submission's own, as a learner's would be


@record
class _Handwriting:
    """A mistake as somebody else would make it: in the solution, or in a variant that its change fits."""

    mistake: Mistake
    path: Path
    source: bytes


def mistakes_are_recognised(kata: Kata, runner: TrialRunner) -> Iterator[Finding]:
    """A known mistake is named to whoever makes it, whatever is free, and to nobody else.

    The sentences of another mistake are worse than none: a learner looks for what is not there. Each mistake
    is judged as a submission whose random numbers are others, in the solution and in each variant that its
    change fits.

    Where another name is given, add a check whose input tells the two apart. Where none is given, look at
    `author preview KATA --mistake NAME`; a number of any size is said to be free by `<!-- free: … -->`. A
    mistake that draws random numbers has its name only where others draw the same; elsewhere it is said that
    they were drawn.
    """
    tried = [*_in_the_solution(kata), *_in_variants(kata)]
    trials = [Trial(path=each.path, source=each.source, salt=_OTHER_SIDE, diagnose=True) for each in tried]
    for each, (_, report) in zip(tried, runner.reports(trials), strict=True):
        yield from _misnamed(kata, each, report)


def _in_the_solution(kata: Kata) -> Iterator[_Handwriting]:
    return (_Handwriting(mistake, kata.solution, mistake.source) for mistake in kata.mistakes)


def _in_variants(kata: Kata) -> Iterator[_Handwriting]:
    """Yield the mistakes whose change fits a variant as well."""
    solution = read_text(kata.solution)
    for mistake in kata.mistakes:
        found = difference(solution, mistake.source.decode())
        for path in kata.variants if found else ():
            try:
                hunks = hunks_of(path, list(enumerate(found.change.split("\n"), 1))) if found else ()
                program = changed(path, hunks, lines_of(read_text(path)))
                text = "".join(f"{line}\n" for line, _ in program)
                compile(text, str(path), "exec", dont_inherit=True)
            except (InvalidKata, SyntaxError, ValueError):
                continue
            yield _Handwriting(mistake, path, text.encode())


def _misnamed(kata: Kata, tried: _Handwriting, report: Report) -> Iterator[Finding]:
    mistake, diagnosis = tried.mistake, report.diagnosis
    name = diagnosis.mistake if diagnosis else ""
    is_random = diagnosis is not None and not name
    if name == mistake.name or is_random or report.status is Status.PASSED:
        return
    where = "" if tried.path == kata.solution else f" in {tried.path.name}"
    if name:
        problem, severity = f"{mistake.name}{where} is called {name}", Severity.ERROR
    else:
        problem, severity = f"{mistake.name}{where} is given no name", Severity.WARNING
    yield Finding(path=mistake.path, problem=problem, line=mistake.line, severity=severity)
