"""What a learner will see of a kata, screen by screen, and where that is not what its author meant."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..course.kata import Kata, Mutant
from ..errors import UsageError
from ..judging.protocol import Judge, request
from ..report import Report, Status
from ..support.records import record
from ..support.spelling import nearest
from .trials import SEEDS


@record
class MutantPreview:
    """What a learner sees who makes the mistake of a mutant; *remark* is for the author alone."""

    mutant: Mutant
    report: Report

    @property
    def remark(self) -> str:
        """Why this is not the screen that the mutant asks for, or nothing."""
        diagnosis = self.report.diagnosis
        if self.report.status is Status.PASSED:
            return "No check catches this mutant, so a learner would pass with it."
        if diagnosis is None:
            return (
                "The learner is told no diagnosis: when the failing check was run again, "
                "the mutant did not answer as before, or as the solution does."
            )
        if diagnosis.mutant != self.mutant.name:
            same = f"which gives the same answers in {diagnosis.check}"
            return f"The learner is told of the mutant {diagnosis.mutant} instead, {same}."
        return ""


def chosen(kata: Kata, name: str = "") -> tuple[Mutant, ...]:
    """Return the mutant called *name*, or all without a name, or raise UsageError."""
    wanted = name.removesuffix(".py")
    found = tuple(mutant for mutant in kata.mutants if wanted in ("", mutant.name))
    if not found and wanted:
        near = nearest(wanted, [mutant.name for mutant in kata.mutants])
        says = f"{kata.slug} has no mutant {name!r}.{near}"
        raise UsageError(says, f"`mlkata author preview {kata.slug}` shows all {len(kata.mutants)}.")
    return found


def previews(kata: Kata, mutants: Sequence[Mutant], judge: Judge) -> Iterator[MutantPreview]:
    """Judge each mutant as a learner's submission and yield what comes of it, in order."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:

        def report(mutant: Mutant) -> Report:
            source = mutant.path.read_bytes()
            return judge(request(kata, source, file_name=kata.file_name, seed=SEEDS[0]))

        for mutant, judged in zip(mutants, pool.map(report, mutants), strict=True):
            yield MutantPreview(mutant, judged)
