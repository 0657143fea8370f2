"""A known mistake made from a wrong submission: its change, the checks that catch it, words to fill in."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..course.kata import Kata
from ..course.mistakes import Mistake, mistakes_in
from ..course.slug import SLUG
from ..errors import InvalidKata, UsageError
from ..judging.client import judging_many
from ..judging.protocol import Judge, Module
from ..report import Report, Status
from ..support.files import as_file_error, reason, write_whole
from ..support.records import record
from ..support.toml import read_text
from .difference import fence_of_change, fence_of_program
from .rules.folder import MISTAKES
from .rules.judged import behaviour
from .trials import SEEDS, Trial, TrialRunner, trials_of_mistakes

_TITLE = b"# Known mistakes\n"
_ENTRY = """\
## {name}

<!-- caught by: {checks} -->

TODO: what is misunderstood here, and what comes of it; learners read this first.

TODO: what to do instead, and where that stands (section, equation, documentation).

{fence}
"""

MistakeEntry = tuple[str, Mistake]  # its text, and what is read from it


@record(kw_only=True)
class NewMistake:
    """An entry of `mistakes.md`, and the known mistakes that behave as it does."""

    mistake: Mistake
    entry: str
    alike: tuple[str, ...]
    is_written: bool


def make_mistake(
    kata: Kata,
    file: Path,
    judge: Judge,
    *,
    builds_on: tuple[Module, ...] = (),
    name: str = "",
    write: bool = True,
) -> NewMistake:
    """Make an entry from the submission in *file* and append it, or raise UsageError where it is no mistake.

    What else stands in `mistakes.md` is left as it is. Without a *name* the entry gets that of the file.
    """
    text = _program(file)
    title = _name(kata, file, name)
    with judging_many(judge, kata) as judge_of_kata, ThreadPoolExecutor(os.cpu_count()) as pool:
        runner = TrialRunner(kata, judge_of_kata, pool, builds_on=builds_on)
        trials = [Trial(path=file, source=text.encode(), seed=seed) for seed in SEEDS]
        reports = [report for _, report in runner.reports(trials)]
        checks, wanted = _checks(kata, file, reports), behaviour(reports[0])
        entry, mistake = _that_behaves(wanted, _entries(kata, title, checks, text), runner)
        known = zip(kata.mistakes, runner.reports(trials_of_mistakes(kata)), strict=True)
        alike = tuple(other.name for other, (_, report) in known if behaviour(report) == wanted)
    if write:
        with as_file_error(mistake.path, "written", "Nothing is changed."):
            write_whole(mistake.path, _with_entry(mistake.path, entry))
    return NewMistake(mistake=mistake, entry=entry, alike=alike, is_written=write)


def _that_behaves(wanted: object, entries: list[MistakeEntry], runner: TrialRunner) -> MistakeEntry:
    """Return the first entry that does what the submission did, or the last."""
    for entry, mistake in entries[:-1]:
        if behaviour(runner.report(Trial(path=mistake.path, source=mistake.source))) == wanted:
            return entry, mistake
    return entries[-1]


def _program(file: Path) -> str:
    """Return the text of a submission that compiles."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        compile(text, str(file), "exec", dont_inherit=True)
    except OSError as error:
        says = f"{file} cannot be read: {reason(error)}."
        raise UsageError(says, "FILE is a submission with the mistake; check its path.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text ({error.reason}).", "FILE is a submission.") from None
    except SyntaxError as error:
        says = f"{file}:{error.lineno} does not compile: {error.msg}."
        raise UsageError(says, "A mistake that Python finds needs no words of yours.") from None
    return text


def _name(kata: Kata, file: Path, name: str) -> str:
    taken = [mistake.name for mistake in kata.mistakes]
    if name in taken:
        raise UsageError(f"{kata.slug} has a known mistake {name!r}.", "Give this one another --name.")
    if name and not SLUG.fullmatch(name):
        says = f"{name!r} cannot name a mistake: small letters and digits, with hyphens between words."
        raise UsageError(says, "A name says what is done: --name softmax-before-topk")
    derived = re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")
    if not name and derived in ("", kata.slug):
        raise UsageError("The file's name says nothing of the mistake.", "Give it one: --name softmax-twice")
    number, base = 1, name or derived
    while (free := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return free


def _checks(kata: Kata, file: Path, reports: Sequence[Report]) -> tuple[str, ...]:
    """Return the checks that fail with every seed, or raise an error that says why it is no mistake."""
    first = reports[0]
    if any(report.status is Status.BROKEN for report in reports):
        raise InvalidKata(kata.suite.path, None, f"cannot judge {file}: {first.message}")
    if all(report.status is Status.PASSED for report in reports):
        says = f"{file} passes every check of {kata.slug}: it is right, or the suite does not notice."
        raise UsageError(says, "If it is wrong, suite.py needs a check that it fails.")
    if first.status is Status.INCOMPLETE:
        raise UsageError(f"{file} is not finished: it stops on NotImplementedError.", "Finish it first.")
    if not any(report.failed_checks for report in reports):
        says = f"No check fails {file}; it is {first.status}: {first.message}."
        raise UsageError(says, "FILE is a whole submission that a check catches.")
    caught = frozenset.intersection(*(report.failed_checks for report in reports))
    if not caught:
        says = f"No check fails {file} with each of the seeds {', '.join(SEEDS)}."
        raise UsageError(says, "Make one of suite.py notice it every time.")
    return tuple(name for name in kata.suite.names if name in caught)


def _entries(kata: Kata, name: str, checks: Sequence[str], text: str) -> list[MistakeEntry]:
    """Return the entry as a change to the solution, if it can be one, and as a whole program."""
    fences = fence_of_change(read_text(kata.solution), text), fence_of_program(text)
    entries = [_ENTRY.format(name=name, checks=", ".join(checks), fence=fence) for fence in fences if fence]
    return [(entry, _read(kata, entry)) for entry in entries]


def _read(kata: Kata, entry: str) -> Mistake:
    """Return the mistake that *entry* is at the end of `mistakes.md`."""
    path = kata.folder / MISTAKES
    text = _with_entry(path, entry).decode()
    return mistakes_in(text, path, kata.solution, kata.suite.names)[-1]


def _with_entry(path: Path, entry: str) -> bytes:
    """Return what *path* holds, followed by *entry* after a blank line."""
    before = (path.read_bytes() if path.exists() else b"") or _TITLE
    end = b"\r\n" if b"\r\n" in before else b"\n"
    ends = before[len(before.rstrip(b"\r\n")) :].count(b"\n")
    return before + end * max(0, 2 - ends) + entry.encode().replace(b"\n", end)
