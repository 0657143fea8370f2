"""Diagnosis: which known mistake fails as the submission failed.

The failing instances of checks are run again, under the same seeds, against the known mistakes of the kata.
A mistake is recognised by what the failing checks assert, in all of them together, and only if it passes what
the submission passed. Of several that fit, the words of the code decide; where they cannot, none is named.

The mistakes are the author's code, so one fork of the judge runs them all. Whatever happens here never
changes a verdict.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from ...course.kata import Kata
from ...course.mistakes import Mistake
from ...report import Diagnosis, Status, to_plain
from ..sandbox.confinement import die_with_parent
from .evidence import Evidence
from .free_numbers import fitted
from .rerun import Rerun
from .suite_run import SuiteRun, check_name

_SECONDS = 10
_WORD = re.compile(r"[A-Za-z_]\w+")
_RANDOM = (
    "Random numbers were drawn during this call. What is asked for here does not depend on chance:"
    " the same arguments must give the same values."
)


def diagnose(folder: Path, suite_run: SuiteRun) -> Diagnosis | None:
    """Return the mistake behind the failures of *suite_run*, where a known one fails in the same way."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(_SECONDS)
            die_with_parent()
            found = _search(Kata.load(folder), suite_run)
            os.write(writer, json.dumps(to_plain(found)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return Diagnosis(**json.loads(text)) if text and text != "null" else None


def _search(kata: Kata, suite_run: SuiteRun) -> Diagnosis | None:
    failing, submission = suite_run.evidence, suite_run.submission.source
    rerun, solution = Rerun(kata, suite_run), kata.solution.read_bytes()
    first = failing[0]
    if rerun.evidence(solution, first.item) is not None:
        return None  # the solution fails as well: whatever it is, it is no mistake of the learner's
    is_random = first.drew and not rerun.draws(solution, first.item)
    found = [each for each in kata.mistakes if _fits(each, [each.source], rerun, suite_run)]
    # To fit a number takes many runs, and one that fits as it is would be preferred.
    found = found or [
        each for each in kata.mistakes if _fits(each, fitted(each, rerun, failing), rerun, suite_run)
    ]
    mistake = _nearest_in_words(found, kata, submission)
    if mistake is not None:
        return Diagnosis(mistake.name, check_name(first.item), mistake.sentences)
    return Diagnosis("", check_name(first.item), _RANDOM) if is_random and not found else None


def _fits(mistake: Mistake, sources: Iterable[bytes], rerun: Rerun, suite_run: SuiteRun) -> bool:
    """Return whether a mistake, by one of its *sources*, explains all failures and fails nothing else."""
    failing, telling = suite_run.evidence, list(_telling(mistake, suite_run))
    return any(
        all(_explains(source, rerun, each) for each in failing)
        and all(rerun.status(source, item) is Status.PASSED for item in telling)
        for source in sources
    )


def _telling(mistake: Mistake, suite_run: SuiteRun) -> Iterator[pytest.Item]:
    """Yield what the submission passed and the mistake must pass too.

    That is one instance of each check, and all of those that fail elsewhere or are meant for this mistake.
    """
    failing = {check_name(each.item) for each in suite_run.evidence}
    seen: set[str] = set()
    for item in suite_run.passed:
        name = check_name(item)
        if name not in seen or name in failing or name in mistake.caught_by:
            yield item
        seen.add(name)


def _explains(source: bytes, rerun: Rerun, seen: Evidence) -> bool:
    """Return whether this code fails in the same place with the same values, or would with the same state."""
    own = rerun.evidence(source, seen.item)
    if own is None or not seen.is_in_the_same_place_as(own):
        return False
    if seen.is_explained_by(own):
        return True
    alike = rerun.evidence(source, seen.item, seen.states) if any(seen.states) else None
    return alike is not None and seen.is_explained_by(alike)


def _nearest_in_words(found: Sequence[Mistake], kata: Kata, submission: bytes) -> Mistake | None:
    """Return the one mistake, or of several that behave alike the one whose words the submission shares.

    One whose number is free gives way to one that is as it is: a bound without end is no bound.
    """
    found = [mistake for mistake in found if not mistake.free] or found
    if len(found) < 2:
        return next(iter(found), None)
    words, usual = _words(submission), _words(kata.solution.read_bytes())
    ranked = sorted(found, key=lambda each: _likeness(each, words, usual), reverse=True)
    best, second = (_likeness(each, words, usual) for each in ranked[:2])
    return ranked[0] if best > second else None


def _likeness(mistake: Mistake, words: set[str], usual: set[str]) -> float:
    """Return which part of the words that a mistake brings in a submission has."""
    new = _words(mistake.source) - usual
    return len(words & new) / len(new) if new else 0.0


def _words(source: bytes) -> set[str]:
    return set(_WORD.findall(source.decode("utf-8", "replace")))
