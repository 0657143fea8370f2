"""The rule that a suite rejects junk, for what has to be tried."""

from __future__ import annotations

from collections.abc import Iterator

from ...course.kata import Kata
from ...report import Report, Status
from ..findings import Finding
from ..junk.submissions import NAMES, Junk, junk_submissions
from ..trials import Trial, TrialRunner
from .facts import line_of_exemption

_REMEDIES = {
    "empty": "assert the shape of the answer",
    "dtype": "assert the dtype of the answer: assert_close(…, dtype=…)",
    "single": "assert that float64 stays float64: assert_close(…, dtype=torch.float64)",
    "shuffled": "compare every row with the one that belongs to it",
    "stuck": "call it twice with the same shapes and other values",
    "digits": "compare float64 values to nine digits: assert_close(…, rtol=1e-9, atol=1e-9)",
    "rounded": "compare float32 values at the tolerance of assert_close",
    "detached": "compare the gradients with those of the definition",
    "gradient": "compare the gradients with those of the definition",
    "damage": "call it `with unchanged(…)`",
    "nothing": "compare what it is to change, before and after",
    "scaled": "compute what is expected before the call, from copies of what is given",
    "zeroed": "compute what is expected before the call, from copies of what is given",
    "poisoned": "compute what is expected before the call, from copies of what is given",
}


def junk_is_rejected(kata: Kata, runner: TrialRunner) -> Iterator[Finding]:
    """Every junk that applies fails a check or is exempt, and every exemption is needed.

    Junk is made from the solution without any thought: zeros, the right numbers in another order, the right
    numbers without their gradient. A suite that accepts it verifies less than it says.

    Add the check that the finding names. Where the junk is right for this kata (an update that is never
    differentiated), say so in [[exempt]] of kata.toml, with the reason.
    """
    judged = runner.reports(junk_trials(kata))
    reports = [(junk, report) for junk, (_, report) in zip(junk_submissions(kata), judged, strict=True)]
    exempt = {exemption.junk for exemption in kata.facts.exempt}
    passed = [junk for junk, report in reports if report.status is Status.PASSED and junk.applies(report)]
    yield from _not_rejected(kata, [junk for junk in passed if junk.name not in exempt])
    yield from _not_judged(kata, reports)
    applied = {junk.name for junk, report in reports if junk.applies(report)}
    yield from _not_needed(kata, {junk.name for junk in passed}, applied)


def junk_trials(kata: Kata) -> list[Trial]:
    """Return the trials of all junk, in its order."""
    submissions = junk_submissions(kata)
    return [Trial(path=kata.solution, source=junk.source, watched=False) for junk in submissions]


def _not_rejected(kata: Kata, passed: list[Junk]) -> Iterator[Finding]:
    """Yield a finding for all junk that one more check would reject."""
    for remedy in dict.fromkeys(map(_remedy, passed)):
        what = ", ".join(f"{junk.says} ({junk.name!r})" for junk in passed if _remedy(junk) == remedy)
        problem = f"this junk passes: {what}. Add a check: {remedy}"
        yield Finding(
            path=kata.suite.path, problem=f"{problem}; or say in [[exempt]] of kata.toml why it is right here"
        )


def _remedy(junk: Junk) -> str:
    return _REMEDIES.get(junk.name, "compare the answer with an independent one")


def _not_judged(kata: Kata, reports: list[tuple[Junk, Report]]) -> Iterator[Finding]:
    """Yield the first junk of which no check had a say: no suite has rejected it."""
    for junk, report in reports:
        if report.status is not Status.PASSED and not report.failed_checks:
            problem = f"the junk {junk.name!r} could not be judged: it is {report.status}: {report.message}"
            yield Finding(path=kata.suite.path, problem=problem)
            return


def _not_needed(kata: Kata, passed: set[str], applied: set[str]) -> Iterator[Finding]:
    """Yield the exemptions of junk that does not pass; unknown names are found by reading."""
    for number, exemption in enumerate(kata.facts.exempt, start=1):
        if exemption.junk in NAMES and exemption.junk not in passed:
            reason = "the suite rejects it" if exemption.junk in applied else "it changes no answer here"
            problem = f"the exemption of {exemption.junk!r} is not needed, {reason}: remove it"
            yield Finding(
                path=kata.folder / "kata.toml", problem=problem, line=line_of_exemption(kata, number)
            )
