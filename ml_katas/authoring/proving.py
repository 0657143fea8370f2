"""The proof of a kata: what all rules find in it, and what kills what."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..catalog import Catalog
from ..errors import InvalidKata
from ..judging.client import Judge, batch, judging
from ..kata import Kata
from ..records import dataclass
from ..report import Report, Status
from . import reading, trying
from .automatic import verdicts
from .court import Court, Trial
from .findings import Finding

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Thoroughness:
    """How much is tried: seeds for what must pass, `fast` for the inner loop, the whole `matrix`."""

    seeds: int = 3
    fast: bool = False
    matrix: bool = False


@dataclass(frozen=True)
class Row:
    """A mutant (by hand, or automatic) and the checks that failed for it; `mark`: it is equivalent."""

    name: str
    kind: str
    status: Status
    failed: tuple[str, ...]
    line: int | None = None
    mark: bool = False


@dataclass(frozen=True)
class Proof:
    """What the rules found in one kata, what killed what, and what finding it took."""

    kata: str
    findings: tuple[Finding, ...]
    rows: tuple[Row, ...] = ()
    checks: tuple[str, ...] = ()
    judgements: int = 0
    seconds: float = 0.0

    @property
    def is_publishable(self) -> bool:
        return not any(finding.vital for finding in self.findings)

    @property
    def score(self) -> tuple[int, int]:
        """How many mutants are killed, of how many that are no equivalents."""
        counted = [row for row in self.rows if not row.mark]
        return sum(row.status not in (Status.PASSED, Status.BROKEN) for row in counted), len(counted)


def prove(catalog: Catalog, names: Sequence[str], how: Thoroughness, tell: Tell) -> Iterator[Proof]:
    """Prove the named katas, or all; *tell* hears the kata, how many judgements are done, and of how many."""
    slugs = [catalog.find(name).slug for name in names] or [entry.slug for entry in catalog.entries]
    with judging() as judge, ThreadPoolExecutor(os.cpu_count()) as pool:
        for slug in slugs:
            tell(slug, 0, 0)
            yield _proof(catalog, slug, judge, pool, how, tell)


def _proof(
    catalog: Catalog, slug: str, judge: Judge, pool: ThreadPoolExecutor, how: Thoroughness, tell: Tell
) -> Proof:
    started = time.perf_counter()
    seeds = tuple(f"{number:x}" for number in range(1, 2 if how.fast else how.seeds + 1))
    try:
        kata = catalog.find(slug)
        findings = [finding for read in reading.RULES for finding in read(kata, catalog)]
        with batch(judge, kata) as judge_of_kata:
            court = Court(
                kata,
                judge_of_kata,
                pool,
                seeds=seeds,
                is_thorough=how.matrix,
                tell=lambda done, expected: tell(slug, done, expected),
            )
            rules = trying.FAST if how.fast else trying.RULES
            findings += trying.findings_of(kata, court, rules)
            rows = tuple(_rows(kata, court, how)) if trying.solution_passes(kata, court) else ()
    except InvalidKata as error:
        return Proof(slug, (Finding(error.path, error.problem, error.line),))
    seconds = round(time.perf_counter() - started, 2)
    return Proof(slug, tuple(findings), rows, kata.suite.names, court.judgements, seconds)


def _rows(kata: Kata, court: Court, how: Thoroughness) -> Iterator[Row]:
    judged = court.reports([Trial.of(mutant.path) for mutant in kata.mutants])
    for mutant, (_, report) in zip(kata.mutants, judged, strict=True):
        yield Row(mutant.name, "mutant", report.status, _failed(kata, report))
    if how.fast:
        return
    marks = {(mark.mutation, mark.line) for mark in kata.facts.equivalent}
    for automatic, report in verdicts(kata, court):
        mark = (automatic.mutation, automatic.line) in marks
        failed = _failed(kata, report)
        yield Row(automatic.mutation, "automatic", report.status, failed, automatic.number, mark)


def _failed(kata: Kata, report: Report) -> tuple[str, ...]:
    return tuple(name for name in kata.suite.names if name in report.failed_checks)
