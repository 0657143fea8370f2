"""The court: judges the trials of one kata side by side."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ..judging.client import Judge
from ..kata import Kata
from ..report import Report

SEEDS = ("1", "2", "3")


@dataclass(frozen=True)
class Trial:
    """A piece of code to be judged with one seed."""

    path: Path
    source: bytes
    seed: str = SEEDS[0]

    @classmethod
    def of(cls, path: Path, seed: str = SEEDS[0]) -> Trial:
        return cls(path, path.read_bytes(), seed)


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
