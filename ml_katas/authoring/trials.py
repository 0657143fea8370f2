"""The runner: judges the trials of one kata side by side, each only once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..course.kata import Kata, Limits
from ..judging.protocol import Judge, Module, request
from ..report import Report, Status
from ..support.records import record, replace

SEEDS = ("1", "2", "3")


@record(kw_only=True)
class Trial:
    """A piece of code to be judged.

    `order` seeds an order of the checks, `stop` ends at a failing one, `only` names the one check to run;
    `salt` gives the submission other random numbers, `diagnose` asks for the mistake behind a failure;
    `watched`: what the kata avoids counts against it.
    """

    path: Path
    source: bytes
    seed: str = SEEDS[0]
    order: str = ""
    stop: bool = False
    only: str = ""
    salt: str = ""
    diagnose: bool = False
    watched: bool = True
    limits: Limits | None = None

    @classmethod
    def of(cls, path: Path, seed: str = SEEDS[0], order: str = "") -> Trial:
        return cls(path=path, source=path.read_bytes(), seed=seed, order=order)


def trials_of_mistakes(kata: Kata, seed: str = SEEDS[0]) -> list[Trial]:
    """Return the trials of all known mistakes, in their order."""
    return [Trial(path=mistake.path, source=mistake.source, seed=seed) for mistake in kata.mistakes]


class TrialRunner:
    """Judges trials in parallel, counts them, and remembers what came of them."""

    def __init__(
        self,
        kata: Kata,
        judge: Judge,
        pool: ThreadPoolExecutor,
        *,
        seen: Kata | None = None,
        judge_of_seen: Judge | None = None,
        builds_on: tuple[Module, ...] = (),
        seeds: tuple[str, ...] = SEEDS,
        is_thorough: bool = False,
        on_progress: Callable[[int, int], None] = lambda done, expected: None,
    ) -> None:
        self.kata = kata
        self._seen = seen or kata  # the kata as its suite may see it, which needs a judge of its own
        self._judge_of_seen = judge_of_seen or judge
        self._builds_on = builds_on
        self.seeds = seeds
        self.is_thorough = is_thorough  # automatic mutants meet every check, not only until one fails
        self.judgements = 0
        self._judge = judge
        self._pool = pool
        self._on_progress = on_progress
        self._expected = 0
        self._reports: dict[Trial, Report] = {}
        self._lock = threading.Lock()  # the pool's threads report progress one at a time

    def reports(self, trials: Iterable[Trial]) -> list[tuple[Trial, Report]]:
        """Return the report of each trial, in order."""
        trials = list(trials)
        fresh = [trial for trial in dict.fromkeys(trials) if trial not in self._reports]
        self._expected += len(fresh)
        self._reports |= zip(fresh, self._pool.map(self._report, fresh), strict=True)
        return [(trial, self._reports[trial]) for trial in trials]

    def report(self, trial: Trial) -> Report:
        """Return the report of one trial."""
        return self.reports([trial])[0][1]

    def _report(self, trial: Trial) -> Report:
        report = self._judged(trial)
        if report.status is Status.BROKEN and not report.checks:  # the engine, not the suite
            report = self._judged(trial)
        with self._lock:
            self.judgements += 1
            self._on_progress(self.judgements, self._expected)
        return report

    def _judged(self, trial: Trial) -> Report:
        """Judge without the kata's answers in sight; a diagnosis needs them."""
        judge, kata = (self._judge, self.kata) if trial.diagnose else (self._judge_of_seen, self._seen)
        asked = request(
            kata,
            trial.source,
            file_name=kata.file_name,
            builds_on=self._builds_on,
            seed=trial.seed,
            limits=trial.limits,
        )
        how = {"order": trial.order, "stop": trial.stop, "only": trial.only, "salt": trial.salt}
        asked = asked if trial.watched else replace(asked, avoid=())
        return judge(replace(asked, diagnose=trial.diagnose, **how))
