"""Earlier work: the learner's last passing versions of the katas that a kata builds on."""

from __future__ import annotations

from collections.abc import Sequence

from ..course.kata import Kata
from ..errors import UsageError
from ..judging.protocol import Module, solution_of
from ..report import EarlierWork
from ..support.records import record
from .state import AppState
from .workspace import Version, read_submission


@record
class Foundation:
    """What a submission can import: the modules, and which work of whom they are."""

    modules: tuple[Module, ...]
    works: tuple[EarlierWork, ...]


def foundation(state: AppState, kata: Kata, *, with_solutions: bool = False) -> Foundation:
    """Return what *kata* builds on; UsageError names the katas of it that were never passed.

    *with_solutions* the reference solution stands in for each of those.
    """
    katas = state.catalog.foundation(kata)
    passed = {below.slug: _last_pass(state, below) for below in katas}
    missing = [slug for slug, version in passed.items() if version is None]
    if missing and not with_solutions:
        raise _not_passed(kata, missing)
    modules, works = [], []
    for below in katas:
        version = passed[below.slug]
        modules.append(
            Module(below.module_name, read_submission(version.path)) if version else solution_of(below)
        )
        works.append(EarlierWork(below.slug, version.number if version else None))
    return Foundation(tuple(modules), tuple(works))


def _last_pass(state: AppState, kata: Kata) -> Version | None:
    if not state.has_progress:
        return None
    attempts = state.progress.attempts(kata.slug)
    names = [a.version for a in attempts if a.status == "passed" and not a.replayed]
    versions = {version.name: version for version in state.needed_workspace().versions(kata)}
    return next((versions[name] for name in reversed(names) if name in versions), None)


def _not_passed(kata: Kata, missing: Sequence[str]) -> UsageError:
    *others, last = missing
    names = f"{', '.join(others)} and {last}" if others else last
    return UsageError(
        f"{kata.slug} is built from your own work, and you have not passed {names} yet.",
        f"`mlkata start {missing[0]}` begins there; `--with-solutions` takes ours for what is missing.",
    )
