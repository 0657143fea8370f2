"""The proof of a kata: what all rules find in it, and what kills what."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..course.catalog import Catalog
from ..course.kata import Kata
from ..errors import InvalidKata
from ..judging.client import judging_many
from ..judging.protocol import Judge, solution_of
from ..report import Report, Status
from ..support.records import record
from .findings import Finding
from .kept_proofs import KeptProofs
from .quarantine import without_answers
from .rules import FAST, JUDGED, findings_in_files, findings_of_format, findings_of_judge
from .rules.judged import solution_passes
from .rules.mutants import verdicts
from .trials import SEEDS, TrialRunner, trials_of_mistakes

OnProgress = Callable[[str, int, int], None]


@record
class Thoroughness:
    """How much is tried: seeds for what must pass, `fast` for the inner loop, the whole `matrix`.

    Unless it is `anew`, what was proven before and is as it was then is not proven again.
    """

    seeds: int = 3
    fast: bool = False
    matrix: bool = False
    anew: bool = False

    @property
    def is_whole(self) -> bool:
        """Return whether this is what a proof is, no more and no less: only that is kept."""
        return not (self.fast or self.matrix) and self.seeds == len(SEEDS)


@record(kw_only=True)
class MatrixRow:
    """A `mistake` or a `mutant` and the checks that failed for it; `mark`: it is marked as equivalent."""

    name: str
    kind: str
    status: Status
    failed: tuple[str, ...]
    line: int | None = None
    mark: bool = False


@record(kw_only=True)
class Proof:
    """What the rules found in one kata, what killed what, and what finding it took."""

    kata: str
    findings: tuple[Finding, ...]
    rows: tuple[MatrixRow, ...] = ()
    checks: tuple[str, ...] = ()
    judgements: int = 0
    seconds: float = 0.0
    is_kept: bool = False

    @property
    def is_publishable(self) -> bool:
        return not any(finding.is_error for finding in self.findings)

    def score(self, kind: str) -> tuple[int, int]:
        """How many mistakes, or mutants, are caught, of how many that are no equivalents."""
        counted = [row for row in self.rows if row.kind == kind and not row.mark]
        return sum(row.status not in (Status.PASSED, Status.BROKEN) for row in counted), len(counted)


def prove(
    catalog: Catalog, names: Sequence[str], how: Thoroughness, judge: Judge, on_progress: OnProgress
) -> Iterator[Proof]:
    """Prove the named katas, or all; *on_progress* gets the kata, the judgements done and those expected."""
    slugs = [catalog.resolve(name) for name in names] or [entry.slug for entry in catalog.entries]
    kept = KeptProofs()
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # its threads only wait: judges are processes
        for slug in slugs:
            on_progress(slug, 0, 0)
            proof = _kept(catalog, slug, kept) if how.is_whole and not how.anew else None
            if proof is None:
                proof = _proof(catalog, slug, judge, pool, how, on_progress)
                if how.is_whole and proof.is_publishable:
                    kata = catalog.find(slug)
                    kept.add(kata, catalog.foundation(kata))
            yield proof


def _kept(catalog: Catalog, slug: str, kept: KeptProofs) -> Proof | None:
    """Return the proof of a kata that was proven before, as far as nobody need judge anything for it."""
    with contextlib.suppress(InvalidKata):
        kata = catalog.find(slug)
        if kept.holds(kata, catalog.foundation(kata)):
            findings = tuple(findings_in_files(kata, catalog))
            return Proof(kata=slug, findings=findings, checks=kata.suite.names, is_kept=True)
    return None


def _proof(
    catalog: Catalog,
    slug: str,
    judge: Judge,
    pool: ThreadPoolExecutor,
    how: Thoroughness,
    on_progress: OnProgress,
) -> Proof:
    started = time.perf_counter()
    seeds = tuple(f"{number:x}" for number in range(1, how.seeds + 1))
    try:
        kata = catalog.find(slug)
        findings = list(findings_in_files(kata, catalog))
        with (
            without_answers(kata) as seen,
            judging_many(judge, seen) as judge_of_seen,
            judging_many(judge, kata) as judge_of_kata,
        ):
            runner = TrialRunner(
                kata,
                judge_of_kata,
                pool,
                seen=seen,
                judge_of_seen=judge_of_seen,
                builds_on=tuple(map(solution_of, catalog.foundation(kata))),
                seeds=seeds,
                is_thorough=how.matrix,
                on_progress=lambda done, expected: on_progress(slug, done, expected),
            )
            rules = FAST if how.fast else JUDGED
            findings += findings_of_judge(kata, runner, rules)
            rows = tuple(_rows(kata, runner, how)) if solution_passes(kata, runner) else ()
    except InvalidKata as error:
        return Proof(kata=slug, findings=tuple(findings_of_format(error)))
    seconds = round(time.perf_counter() - started, 2)
    return Proof(
        kata=slug,
        findings=tuple(findings),
        rows=rows,
        checks=kata.suite.names,
        judgements=runner.judgements,
        seconds=seconds,
    )


def _rows(kata: Kata, runner: TrialRunner, how: Thoroughness) -> Iterator[MatrixRow]:
    judged = runner.reports(trials_of_mistakes(kata))
    for mistake, (_, report) in zip(kata.mistakes, judged, strict=True):
        yield MatrixRow(name=mistake.name, kind="mistake", status=report.status, failed=_failed(kata, report))
    if how.fast:
        return
    marks = {(mark.mutation, mark.line) for mark in kata.facts.equivalent}
    for automatic, report in verdicts(kata, runner):
        mark = (automatic.mutation, automatic.line) in marks
        failed = _failed(kata, report)
        yield MatrixRow(
            name=automatic.mutation,
            kind="mutant",
            status=report.status,
            failed=failed,
            line=automatic.number,
            mark=mark,
        )


def _failed(kata: Kata, report: Report) -> tuple[str, ...]:
    return tuple(name for name in kata.suite.names if name in report.failed_checks)
