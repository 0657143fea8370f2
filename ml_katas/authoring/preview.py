"""What a learner will see of a kata, screen by screen, and where that is not what its author meant."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..course.kata import Kata
from ..course.mistakes import Mistake
from ..errors import UsageError
from ..judging.protocol import Judge, Module, request
from ..report import Report, Status
from ..support.records import record
from ..support.spelling import nearest
from .trials import SEEDS


@record
class MistakePreview:
    """What a learner sees who makes a known mistake; *remark* is for the author alone."""

    mistake: Mistake
    report: Report

    @property
    def remark(self) -> str:
        """Why this is not the screen that the mistake asks for, or nothing."""
        diagnosis = self.report.diagnosis
        if self.report.status is Status.PASSED:
            return "No check catches this mistake, so a learner would pass with it."
        if diagnosis is None:
            return (
                "The learner reads no diagnosis: another mistake fails in the same way, "
                "or this one failed in another way when it was run again."
            )
        if not diagnosis.mistake:
            return f"The learner reads only this: {diagnosis.text}"
        if diagnosis.mistake != self.mistake.name:
            same = f"which fails in the same way in {diagnosis.check}"
            return f"The learner reads of the mistake {diagnosis.mistake} instead, {same}."
        return ""


def chosen(kata: Kata, name: str = "") -> tuple[Mistake, ...]:
    """Return the mistake called *name*, or all without a name, or raise UsageError."""
    found = tuple(mistake for mistake in kata.mistakes if name in ("", mistake.name))
    if not found and name:
        near = nearest(name, [mistake.name for mistake in kata.mistakes])
        says = f"{kata.slug} has no known mistake {name!r}.{near}"
        raise UsageError(says, f"`mlkata author preview {kata.slug}` shows all {len(kata.mistakes)}.")
    return found


def previews(
    kata: Kata, mistakes: Sequence[Mistake], judge: Judge, builds_on: tuple[Module, ...] = ()
) -> Iterator[MistakePreview]:
    """Judge each mistake as a learner's submission and yield what comes of it, in order."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:

        def report(mistake: Mistake) -> Report:
            asked = request(
                kata, mistake.source, file_name=kata.file_name, builds_on=builds_on, seed=SEEDS[0]
            )
            return judge(asked)

        for mistake, judged in zip(mistakes, pool.map(report, mistakes), strict=True):
            yield MistakePreview(mistake, judged)
