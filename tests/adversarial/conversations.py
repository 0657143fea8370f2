"""Conversations that are disturbed from end to end: `python -m tests.adversarial.conversations --count 2000`.

A real judge judges a right submission and known mistakes whose every frame may be changed, doubled, dropped,
cut, delayed, exchanged or forged. Each ends in time with a verdict that is neither `broken` nor undeserved.
"""

from __future__ import annotations

import argparse
import inspect
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ml_katas.course.kata import Kata
from ml_katas.judging.client import Caller, LastResort
from ml_katas.judging.launch import OneCommand
from ml_katas.judging.protocol import Event, Judge, Started, request
from ml_katas.report import Report, Status

from . import disturbing
from .processes import GRACE, children_after_a_moment

FOLDER = Path(__file__).parents[1] / "fixtures" / "crossings" / "every-crossing"
_DISTURBING = inspect.getsource(disturbing)


@dataclass(frozen=True)
class Conversation:
    """A submission that disturbs what it sends; `mistake` is why it is wrong, if it is."""

    seed: int
    mistake: str
    source: bytes

    @classmethod
    def of(cls, kata: Kata, seed: int) -> Conversation:
        """Return the conversation of a seed: a right submission in one of four, else a known mistake."""
        rng = random.Random(seed)
        mistake = rng.choice(kata.mistakes) if rng.random() < 0.75 else None
        source = mistake.source if mistake else kata.solution.read_bytes()
        text = f"{_DISTURBING}\n\ndisturb({seed})\n\n{source.decode()}"
        return cls(seed, mistake.name if mistake else "", text.encode())


@dataclass(frozen=True)
class Outcome:
    """How a conversation ended: after how long, and how many judges it took."""

    conversation: Conversation
    report: Report
    seconds: float
    judges: int

    @property
    def ways(self) -> Iterator[str]:
        """In which ways it was disturbed, as far as its prints came through."""
        printed = self.report.output + "".join(check.output for check in self.report.checks)
        for line in printed.splitlines():
            if line.startswith("disturbed: "):
                yield line.partition(": ")[2]

    def wrongs(self, most_seconds: float) -> Iterator[str]:
        """Yield what must not have come of it."""
        if self.report.status is Status.BROKEN:
            yield f"broken: {self.report.message}"
        if self.report.status is Status.PASSED and self.conversation.mistake:
            yield f"passed with the mistake {self.conversation.mistake}"
        if self.judges != 1:
            yield f"{self.judges} judges"
        if self.seconds > most_seconds:
            yield f"{self.seconds:.1f} s"


@dataclass
class Tally:
    """What came of the conversations so far."""

    statuses: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    longest: float = 0.0

    def add(self, outcome: Outcome, most_seconds: float) -> None:
        """Count one conversation."""
        report, held = outcome.report, outcome.conversation
        self.statuses[f"{report.status} ({'wrong' if held.mistake else 'right'})"] += 1
        self.ways.update(outcome.ways)
        self.longest = max(self.longest, outcome.seconds)
        self.wrong += [f"seed {held.seed}: {wrong}" for wrong in outcome.wrongs(most_seconds)]


def converse(judge: Judge, seeds: range, *, at_once: int = 6) -> Tally:
    """Hold the conversations of *seeds* and return what came of them."""
    kata, tally = Kata.load(FOLDER), Tally()
    most_seconds = kata.facts.limits.total_seconds + GRACE
    with ThreadPoolExecutor(at_once) as pool:
        conversations = (Conversation.of(kata, seed) for seed in seeds)
        for outcome in pool.map(lambda held: _judged(judge, kata, held), conversations):
            tally.add(outcome, most_seconds)
    return tally


def _judged(judge: Judge, kata: Kata, held: Conversation) -> Outcome:
    judges, started = 0, time.monotonic()

    def count(event: Event) -> None:
        nonlocal judges
        judges += isinstance(event, Started)

    asked = request(kata, held.source, file_name="every_crossing.py", seed=f"{held.seed:016x}")
    return Outcome(held, judge(asked, on_event=count), time.monotonic() - started, judges)


def main() -> None:
    """Hold so many conversations and print what came of them; exit with 1 if something must not have."""
    parser = argparse.ArgumentParser(prog="python -m tests.adversarial.conversations", description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    given = parser.parse_args()
    with OneCommand() as line, LastResort() as last_resort:
        judge = Caller(line, last_resort)
        converse(judge, range(1))  # by then it is warm
        started = time.monotonic()
        tally = converse(judge, range(given.seed, given.seed + given.count))
        seconds = time.monotonic() - started
        if left := children_after_a_moment(line._parent.pid):
            tally.wrong.append(f"processes are left: {left}")
        line._log.seek(0)
        log = line._log.read().decode("utf-8", "replace")
    print(
        f"seeds {given.seed} to {given.seed + given.count - 1}: {tally.statuses.total():,} conversations "
        f"in {seconds:.0f} s, the longest {tally.longest:.1f} s",
        *(f"{count:>7,} {status}" for status, count in tally.statuses.most_common()),
        f"{tally.ways.total():,} frames disturbed",
        *(f"{count:>7,} {way}" for way, count in tally.ways.most_common()),
        log or "The log is empty.",
        *(f"WRONG: {wrong}" for wrong in tally.wrong),
        sep="\n",
    )
    sys.exit(bool(tally.wrong))


if __name__ == "__main__":
    main()
