"""Diagnosis: which known mistake gives exactly the answers that the submission gave.

The failing checks are run again, with the same seeds, against the kata's mutants. Those are the author's
code, so one fork of the judge runs them all. Whatever happens here never changes a verdict.
"""

from __future__ import annotations

import json
import os
import signal
from itertools import takewhile
from pathlib import Path

from ...course.kata import Kata, Mutant
from ...report import Diagnosis
from ..sandbox.confinement import die_with_parent
from ..sandbox.providers import Forked
from .submission import Submission
from .suite_run import Evidence, SuiteRun, check_name
from .supervisor import Supervisor

_SECONDS = 10
_MOST_CHECKS = 3


def diagnose(folder: Path, suite_run: SuiteRun) -> Diagnosis | None:
    """Return the mistake behind the failures of *suite_run*, where a mutant makes the same ones."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(_SECONDS)
            die_with_parent()
            os.write(writer, json.dumps(_search(Kata.load(folder), suite_run)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return Diagnosis(**json.loads(text)) if text and text != "null" else None


def _search(kata: Kata, suite_run: SuiteRun) -> dict[str, str] | None:
    evidence = suite_run.evidence[:_MOST_CHECKS]
    first = check_name(evidence[0].item)
    rerun = _Rerun(kata, suite_run, evidence)
    if rerun.checks_alike(kata.solution):
        return None
    mutant = _most_alike(sorted(kata.mutants, key=lambda m: first not in m.caught_by), rerun)
    if mutant is None:
        return None
    return {"mutant": mutant.name, "check": first, "text": mutant.diagnosis}


def _most_alike(mutants: list[Mutant], rerun: _Rerun) -> Mutant | None:
    """Return the mutant that is alike in most of the failing checks; the first one that is in all of them."""
    best, most = None, 0
    for mutant in mutants:
        alike = rerun.checks_alike(mutant.path)
        if alike > most:
            best, most = mutant, alike
        if most == len(rerun.evidence):
            break
    return best


class _Rerun:
    """Runs the failing checks again with other code, all in one sandbox."""

    def __init__(self, kata: Kata, suite_run: SuiteRun, evidence: list[Evidence]) -> None:
        self.evidence = evidence
        self._names = kata.facts.entry_points
        self._suite_run = suite_run
        self._supervisor = Supervisor(Forked(), self._submission(kata.solution), kata.facts.limits, [])
        suite_run.use(self._supervisor)

    def checks_alike(self, path: Path) -> int:
        """Return in how many failing checks, from the first on, this code answers as the submission did."""
        self._supervisor.load(self._submission(path))
        return sum(1 for _ in takewhile(self._suite_run.answers_like, self.evidence))

    def _submission(self, path: Path) -> Submission:
        return Submission(path.read_bytes(), path.name, self._names)
