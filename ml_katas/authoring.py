"""What an author can do: prove a kata. A rule is a small function; a finding says what to mend and where."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .catalog import Catalog
from .errors import InvalidKata
from .judging.client import Judge, judging
from .kata import Kata
from .markdown import sections
from .report import Report, Status
from .strict import nearest
from .templates import render_starter

BRIEF = ("Description", "Guidance", "What is verified")
SEEDS = ("1", "2", "3")


@dataclass(frozen=True)
class Finding:
    """Something that keeps a kata from being published."""

    path: Path
    problem: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}" if self.line else f"{self.path}: {self.problem}"


@dataclass(frozen=True)
class Trial:
    """A piece of code to be judged with one seed."""

    path: Path
    source: bytes
    seed: str = SEEDS[0]

    @classmethod
    def of(cls, path: Path, seed: str = SEEDS[0]) -> Trial:
        return cls(path, path.read_bytes(), seed)


@dataclass(frozen=True)
class Proof:
    """What the rules found in one kata, and what finding it took."""

    kata: str
    findings: tuple[Finding, ...]
    judgements: int = 0
    seconds: float = 0.0


@dataclass
class Court:
    """Judges the trials of one kata side by side, and counts them."""

    kata: Kata
    judge: Judge
    pool: ThreadPoolExecutor
    judgements: int = field(default=0)

    def reports(self, trials: Sequence[Trial]) -> list[tuple[Trial, Report]]:
        """Return the report of each trial, in order."""
        self.judgements += len(trials)
        return list(zip(trials, self.pool.map(self._report, trials), strict=True))

    def _report(self, trial: Trial) -> Report:
        name = self.kata.file_name
        return self.judge(self.kata, trial.source, file_name=name, seed=trial.seed, diagnose=False)


Rule = Callable[[Kata, Catalog, Court], Iterator[Finding]]


def prove(catalog: Catalog, names: Sequence[str], tell: Callable[[str], None]) -> Iterator[Proof]:
    """Prove the named katas, or all; *tell* hears which one is under way."""
    slugs = [catalog.find(name).slug for name in names] or [entry.slug for entry in catalog.entries]
    with judging() as judge, ThreadPoolExecutor(os.cpu_count()) as pool:
        for slug in slugs:
            tell(slug)
            yield _proof(catalog, slug, judge, pool)


def _proof(catalog: Catalog, slug: str, judge: Judge, pool: ThreadPoolExecutor) -> Proof:
    started = time.perf_counter()
    try:
        kata = catalog.find(slug)
        court = Court(kata, judge, pool)
        findings = tuple(finding for rule in RULES for finding in rule(kata, catalog, court))
    except InvalidKata as error:
        return Proof(slug, (Finding(error.path, error.problem, error.line),))
    return Proof(slug, findings, court.judgements, round(time.perf_counter() - started, 2))


# -------- what can be read


def brief_is_complete(kata: Kata, catalog: Catalog, court: Court) -> Iterator[Finding]:
    """The brief has its three sections, in order, each with text."""
    found = sections(kata.brief)
    path = kata.folder / "README.md"
    if tuple(part.title for part in found) != BRIEF:
        yield Finding(
            path, f"its sections must be {', '.join(f'## {title}' for title in BRIEF)}, in this order"
        )
    for part in found:
        if not part.body:
            yield Finding(path, f"the section {part.title!r} is empty", part.line)


def help_is_there(kata: Kata, catalog: Catalog, court: Court) -> Iterator[Finding]:
    """There are three hints with text, and three to eight cards."""
    if len(kata.hints) != 3:
        yield Finding(
            kata.folder / "hints.md", f"three hints are needed, each a `## title`; here: {len(kata.hints)}"
        )
    for hint in kata.hints:
        if not hint.text:
            yield Finding(kata.folder / "hints.md", f"the hint {hint.title!r} is empty")
    if not 3 <= len(kata.deck.cards) <= 8:
        yield Finding(
            kata.folder / "cards.md", f"three to eight cards are needed; here: {len(kata.deck.cards)}"
        )


def prerequisites_exist(kata: Kata, catalog: Catalog, court: Court) -> Iterator[Finding]:
    """Every kata that is required exists."""
    for slug in kata.facts.requires:
        if slug not in catalog.slugs:
            near = nearest(slug, catalog.slugs)
            yield Finding(kata.folder / "kata.toml", f"requires {slug!r}, which no kata is called.{near}")


def mutants_name_checks(kata: Kata, catalog: Catalog, court: Court) -> Iterator[Finding]:
    """CAUGHT_BY names checks of the suite; two variants and four mutants are there."""
    for mutant in kata.mutants:
        for name in mutant.caught_by:
            if name not in kata.suite.names:
                near = nearest(name, kata.suite.names)
                yield Finding(mutant.path, f"CAUGHT_BY names {name!r}, which is no check.{near}")
    if len(kata.variants) < 2:
        yield Finding(kata.folder / "variants", "at least two other right solutions are needed")
    if len(kata.mutants) < 4:
        yield Finding(kata.folder / "mutants", "at least four wrong solutions are needed")


# -------- what must be tried


def right_solutions_pass(kata: Kata, catalog: Catalog, court: Court) -> Iterator[Finding]:
    """The solution and every variant pass with each seed."""
    paths = (kata.solution, *kata.variants)
    for trial, report in court.reports([Trial.of(path, seed) for path in paths for seed in SEEDS]):
        if report.status is not Status.PASSED:
            yield Finding(trial.path, f"must pass, and with seed {trial.seed} {_said(report)}")


def starter_is_incomplete(kata: Kata, catalog: Catalog, court: Court) -> Iterator[Finding]:
    """The starter compiles and is `incomplete`, with its guidance and without."""
    texts = dict.fromkeys(render_starter(kata, bare=bare).encode() for bare in (False, True))
    for trial, report in court.reports([Trial(kata.starter_template, text) for text in texts]):
        if report.status is not Status.INCOMPLETE:
            yield Finding(trial.path, f"must be incomplete (raise NotImplementedError), and {_said(report)}")


def mutants_are_caught(kata: Kata, catalog: Catalog, court: Court) -> Iterator[Finding]:
    """Every known mistake fails a check that is meant to catch it."""
    judged = court.reports([Trial.of(mutant.path) for mutant in kata.mutants])
    for mutant, (_, report) in zip(kata.mutants, judged, strict=True):
        if report.status in (Status.PASSED, Status.BROKEN):
            yield Finding(mutant.path, f"no check catches this mutant: it {_said(report)}")
        elif not report.failed_checks & set(mutant.caught_by):
            caught = ", ".join(sorted(report.failed_checks)) or report.message
            yield Finding(mutant.path, f"caught, but not by {' or '.join(mutant.caught_by)}: by {caught}")


def suite_is_fast(kata: Kata, catalog: Catalog, court: Court) -> Iterator[Finding]:
    """The solution takes at most a third of the suite's time limit."""
    for _, report in court.reports([Trial.of(kata.solution)]):
        limit = kata.facts.limits.total_seconds / 3
        if report.ms > 1000 * limit:
            yield Finding(
                kata.suite.path, f"the suite takes {report.ms / 1000:.1f} s; at most {limit:.1f} s is allowed"
            )


def _said(report: Report) -> str:
    first = report.first_failure
    if first is None:
        return f"is {report.status}" + (f": {report.message}" if report.message else "")
    reason = first.failure.message if first.failure else ""
    return f"is {report.status} in {first.name}" + (f": {reason}" if reason else "")


RULES: tuple[Rule, ...] = (
    brief_is_complete,
    help_is_there,
    prerequisites_exist,
    mutants_name_checks,
    right_solutions_pass,
    starter_is_incomplete,
    mutants_are_caught,
    suite_is_fast,
)
