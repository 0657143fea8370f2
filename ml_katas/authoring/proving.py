"""The proof of a kata: what all rules find in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..catalog import Catalog
from ..errors import InvalidKata
from ..judging.client import Judge, judging
from . import reading, trying
from .court import Court
from .findings import Finding


@dataclass(frozen=True)
class Proof:
    """What the rules found in one kata, and what finding it took."""

    kata: str
    findings: tuple[Finding, ...]
    judgements: int = 0
    seconds: float = 0.0


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
        findings = [finding for read in reading.RULES for finding in read(kata, catalog)]
        findings += [finding for attempt in trying.RULES for finding in attempt(kata, court)]
    except InvalidKata as error:
        return Proof(slug, (Finding(error.path, error.problem, error.line),))
    return Proof(slug, tuple(findings), court.judgements, round(time.perf_counter() - started, 2))
