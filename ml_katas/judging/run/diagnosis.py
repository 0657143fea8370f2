"""Diagnosis: which known mistake gives exactly the answers that the submission gave.

The failing checks are run again, with the same seeds, against the known mistakes. Those are the author's
code, so one fork of the judge runs them all. Whatever happens here never changes a verdict.
"""

from __future__ import annotations

import json
import os
import signal
from itertools import takewhile
from pathlib import Path

from ...course.kata import Kata
from ...course.mistakes import Mistake
from ...report import Diagnosis
from ..sandbox.confinement import die_with_parent
from ..sandbox.providers import Forked
from .submission import Submission
from .suite_run import Evidence, SuiteRun, check_name
from .supervisor import Supervisor

_SECONDS = 10
_MOST_CHECKS = 3


def diagnose(folder: Path, suite_run: SuiteRun) -> Diagnosis | None:
    """Return the mistake behind the failures of *suite_run*, where a known one makes the same ones."""
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
    if rerun.checks_alike(kata.solution.read_bytes()):
        return None
    mistake = _most_alike(sorted(kata.mistakes, key=lambda m: first not in m.caught_by), rerun)
    if mistake is None:
        return None
    return {"mistake": mistake.name, "check": first, "text": mistake.sentences}


def _most_alike(mistakes: list[Mistake], rerun: _Rerun) -> Mistake | None:
    """Return the mistake that is alike in most of the failing checks; the first that is in all of them."""
    best, most = None, 0
    for mistake in mistakes:
        alike = rerun.checks_alike(mistake.source)
        if alike > most:
            best, most = mistake, alike
        if most == len(rerun.evidence):
            break
    return best


class _Rerun:
    """Runs the failing checks again with other code, all in one sandbox."""

    def __init__(self, kata: Kata, suite_run: SuiteRun, evidence: list[Evidence]) -> None:
        self.evidence = evidence
        self._kata = kata
        self._suite_run = suite_run
        solution = self._submission(kata.solution.read_bytes())
        self._supervisor = Supervisor(Forked(), solution, kata.facts.limits, [])
        suite_run.use(self._supervisor)

    def checks_alike(self, source: bytes) -> int:
        """Return in how many failing checks, from the first on, this code answers as the submission did."""
        self._supervisor.load(self._submission(source))
        return sum(1 for _ in takewhile(self._suite_run.answers_like, self.evidence))

    def _submission(self, source: bytes) -> Submission:
        return Submission(source, self._kata.file_name, self._kata.facts.entry_points)
