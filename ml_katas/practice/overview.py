"""Where a learner stands: the catalogue with their progress, the last kata, the one to do next."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from ..course.catalog import Catalog, Entry
from ..course.tracks import LearningPath, Track
from ..errors import InvalidKata, UsageError
from ..support.records import record
from ..support.spelling import nearest
from .state import AppState
from .status import DONE, ENDED, KataStatus

if TYPE_CHECKING:
    from ..course.fingerprint import Fingerprint
    from .progress import Attempt


@record(kw_only=True)
class CatalogRow:
    """One line of the catalogue as a learner sees it.

    `is_earlier` says that no pass was one of today's suite, `changed` what is not as it was when the
    learner started, `due` that it is to be done again.
    """

    slug: str
    title: str
    track: str
    track_title: str
    difficulty: str
    minutes: int
    status: KataStatus
    problem: str
    is_earlier: bool = False
    changed: tuple[str, ...] = ()
    due: bool = False


class NextReason(StrEnum):
    """Why a kata comes next."""

    NAMED = "named"  # the learner chose it
    DUE = "due"  # it was done before, and comes back
    UNFINISHED = "unfinished"
    NEEDED = "needed"  # the one that would come next asks for it first
    PATH = "path"  # it is the next of the path that the learner is on
    TRACK = "track"  # it is the next of the last kata's track
    COURSE = "course"


@record
class Upcoming:
    """The kata to do next, and why it is; `needed_for` the kata that asks for it first."""

    entry: Entry
    why: NextReason
    needed_for: str = ""


@record(kw_only=True)
class TrackProgress:
    """How far a track is done; `touched` once one of its katas was started."""

    name: str
    title: str
    passed: int
    total: int
    touched: bool


@record
class Last:
    """The kata last started or checked, with its last attempt and the promise that failed in it."""

    entry: Entry
    status: KataStatus
    attempt: Attempt | None
    sentence: str


@record
class Whereabouts:
    """Where a learner is, and what to do next: nothing to do where all is done or no kata was found."""

    tracks: tuple[TrackProgress, ...]
    last: Last | None
    upcoming: Upcoming | None


@record(kw_only=True)
class Finish:
    """The end of a track: its katas with their statuses, the work they took, the track to do next."""

    track: Track
    statuses: tuple[KataStatus, ...]
    attempts: int
    hints: int
    then: TrackProgress | None


def rows(
    state: AppState,
    *,
    track: str = "",
    path: LearningPath | None = None,
    difficulty: str = "",
    minutes: int | None = None,
    todo: bool = False,
    due: Collection[str] = (),
) -> tuple[CatalogRow, ...]:
    """Return the catalogue with the learner's status, or the part of it that is asked for.

    Along a *path* the katas come in its order. *minutes* is the most that one may take; *due* are those that
    are to be done again.
    """
    if track:
        known_track(state, track)
    found = tuple(
        row
        for row in _rows(state, due)
        if (not track or row.track == track)
        and (not path or row.slug in path.katas)
        and (not difficulty or row.difficulty == difficulty)
        and (minutes is None or row.minutes <= minutes)
        and not (todo and row.status in DONE)
    )
    return tuple(sorted(found, key=lambda row: path.katas.index(row.slug))) if path else found


def known_track(state: AppState, name: str) -> Track:
    """Return the track called *name*, or raise UsageError with the nearest one."""
    tracks = {known.name: known for known in state.catalog.tracks}
    if name in tracks:
        return tracks[name]
    shown = ", ".join(tracks) or "none"
    raise UsageError(f"No track called {name!r}.{nearest(name, tracks)}", f"The tracks are: {shown}.")


def known_path(catalog: Catalog, name: str) -> LearningPath:
    """Return the path called *name*, or raise UsageError with the nearest one."""
    paths = {known.name: known for known in catalog.paths}
    if name in paths:
        return paths[name]
    shown = ", ".join(paths) or "none"
    raise UsageError(f"No path called {name!r}.{nearest(name, paths)}", f"The paths are: {shown}.")


def whereabouts(state: AppState, due: Collection[str] = ()) -> Whereabouts:
    """Return where the learner is, and what to do next: first a kata that is *due*."""
    todo = _upcoming(state, due)
    return Whereabouts(tuple(_tracks(state)), _last(state), todo)


def upcoming(state: AppState, due: Collection[str] = ()) -> Upcoming:
    """Return the first kata that is *due*, the last one while it is unfinished, or else the next.

    Raises UsageError where all is done.
    """
    found = _upcoming(state, due)
    if found:
        return found
    if not state.catalog.slugs:
        raise UsageError("No katas were found.", "`mlkata doctor` shows where they are looked for.")
    raise UsageError("You have passed every kata.", "`mlkata list` shows them; name one to do it again.")


def following(state: AppState, slug: str) -> Upcoming | None:
    """Return the kata to do after *slug*: one of the path or of its track if there is, else of the course.

    Where that one asks for others first, the first of these.
    """
    if state.path and (step := _first_open(state, state.path.katas, skip=slug)):
        return _needed_first(state, step, NextReason.PATH)
    katas = state.catalog.track_of(slug).katas
    at = katas.index(slug) + 1 if slug in katas else 0
    near = _first_open(state, katas[at:] + katas[:at], skip=slug)
    if near:
        return _needed_first(state, near, NextReason.TRACK)
    placed = tuple(name for track in state.catalog.tracks for name in track.katas)
    loose = tuple(sorted(set(state.catalog.slugs) - set(placed)))
    far = _first_open(state, placed + loose, skip=slug)
    return _needed_first(state, far, NextReason.COURSE) if far else None


def finish(state: AppState, slug: str) -> Finish | None:
    """Return the end of the track of *slug* when all of it is done, else nothing."""
    track = state.catalog.track_of(slug)
    if not track.katas or not all(state.is_done(name) for name in track.katas):
        return None
    attempts = sum(len(state.progress.attempts(name)) for name in track.katas)
    hints = sum(state.progress.hints_shown(name) for name in track.katas)
    then = following(state, slug)
    after = then and next((t for t in _tracks(state) if t.name == then.entry.track), None)
    return Finish(
        track=track,
        statuses=tuple(state.status(name) for name in track.katas),
        attempts=attempts,
        hints=hints,
        then=after or None,
    )


def changed_sentence(slug: str, changed: tuple[str, ...]) -> str:
    """Return what an update changed of a kata since the learner started, and what that means."""
    *others, last = changed
    what = f"{', '.join(others)} and {last}" if others else last
    steps = [f"`mlkata show {slug}` shows the brief"] * ("brief" in changed)
    steps += [f"`mlkata reset {slug}` gives the new starter"] * ("starter" in changed)
    advice = f" {', '.join(steps)}." if steps else ""
    return f"The {what} of {slug} changed since you started it; your work stays.{advice}"


def _rows(state: AppState, due: Collection[str]) -> Iterator[CatalogRow]:
    statuses = state.statuses()
    fingerprints = state.progress.fingerprints() if state.has_progress else {}
    suites = state.progress.passed_suites() if state.has_progress else {}
    for entry in state.catalog.entries:
        touched = entry.slug in statuses and not entry.problem
        now = _fingerprint(entry) if touched else None
        passed_with = suites.get(entry.slug, frozenset())
        yield CatalogRow(
            slug=entry.slug,
            title=entry.title,
            track=entry.track,
            track_title=entry.track_title,
            difficulty=entry.difficulty,
            minutes=entry.minutes,
            status=KataStatus.BROKEN if entry.problem else state.status(entry.slug),
            problem=entry.problem.message if entry.problem else "",
            is_earlier=now is not None and bool(passed_with) and now.suite not in passed_with,
            changed=now.changed_since(fingerprints.get(entry.slug)) if now else (),
            due=entry.slug in due,
        )


def _fingerprint(entry: Entry) -> Fingerprint:
    from ..course.fingerprint import (
        Fingerprint,  # with it comes hashlib, and most lists hold nothing that was touched
    )

    return Fingerprint.of(entry.folder)


def _tracks(state: AppState) -> Iterator[TrackProgress]:
    placed: set[str] = set()
    for track in state.catalog.tracks:
        placed |= set(track.katas)
        if track.katas:
            yield _track(state, track)
    loose = tuple(slug for slug in state.catalog.slugs if slug not in placed)
    if loose:
        yield _track(state, Track(name="", title="other katas", katas=loose))


def _track(state: AppState, track: Track) -> TrackProgress:
    done = sum(state.is_done(slug) for slug in track.katas)
    touched = any(state.status(slug) is not KataStatus.NEW for slug in track.katas)
    return TrackProgress(
        name=track.name, title=track.title, passed=done, total=len(track.katas), touched=touched
    )


def _last(state: AppState) -> Last | None:
    slug = state.last_kata()
    if not slug:
        return None
    attempts = state.progress.attempts(slug)
    attempt = attempts[-1] if attempts else None
    sentence = _sentence(state, slug, attempt.failed_check) if attempt else ""
    return Last(state.catalog.entry(slug), state.status(slug), attempt, sentence)


def _sentence(state: AppState, slug: str, check: str) -> str:
    """Return the promise of a check, or nothing where its suite cannot be read or has none of that name."""
    if not check:
        return ""
    try:
        checks = state.catalog.find(slug).suite.checks
    except InvalidKata:
        return ""
    return next((known.sentence for known in checks if known.name == check), "")


def _upcoming(state: AppState, due: Collection[str]) -> Upcoming | None:
    again = _due(state, due)
    if again:
        return Upcoming(again, NextReason.DUE)
    last = state.last_kata()
    if last and (state.status(last) is KataStatus.STARTED or state.is_begun_again(last)):
        return Upcoming(state.catalog.entry(last), NextReason.UNFINISHED)
    found = following(state, last)
    if found or not last or state.is_done(last):
        return found
    return Upcoming(state.catalog.entry(last), NextReason.UNFINISHED)


def _due(state: AppState, due: Collection[str]) -> Entry | None:
    """Return the first of the *due* katas that can be read; one that is begun again comes first."""
    entries = [state.catalog.entry(slug) for slug in due]
    usable = [entry for entry in entries if not entry.problem]
    begun = [entry for entry in usable if state.is_begun_again(entry.slug)]
    return next(iter((*begun, *usable)), None)


def _needed_first(state: AppState, entry: Entry, why: NextReason) -> Upcoming:
    """Return *entry*, or the first kata that it asks for and that was neither done nor given up."""
    first, seen = entry, {entry.slug}
    while (need := _first_need(state, first)) and need.slug not in seen:
        first = need
        seen.add(need.slug)
    return Upcoming(entry, why) if first is entry else Upcoming(first, NextReason.NEEDED, entry.slug)


def _first_need(state: AppState, entry: Entry) -> Entry | None:
    known = (slug for slug in entry.prerequisites if slug in state.catalog.slugs)
    open_ones = (state.catalog.entry(slug) for slug in known if state.status(slug) not in ENDED)
    return next((need for need in open_ones if not need.problem), None)


def _first_open(state: AppState, katas: tuple[str, ...], skip: str) -> Entry | None:
    """Return the first of *katas* that is neither done nor given up; those come last, and *skip* never."""
    todo = [slug for slug in katas if slug != skip and not state.is_done(slug)]
    for slug in sorted(todo, key=lambda slug: state.status(slug) is KataStatus.GAVE_UP):
        entry = state.catalog.entry(slug)
        if not entry.problem:
            return entry
    return None
