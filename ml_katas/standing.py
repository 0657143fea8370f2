"""Where a learner stands: the catalogue with their progress, the last kata, the one to do next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .catalog import Entry, Row, Track
from .desk import DONE, Desk
from .errors import InvalidKata, UsageError
from .records import dataclass
from .spelling import nearest

if TYPE_CHECKING:
    from .edition import Edition
    from .progress import Attempt


@dataclass(frozen=True)
class Upcoming:
    """The kata to do next; `why` is unfinished, track (the next of the last kata's) or course."""

    entry: Entry
    why: str


@dataclass(frozen=True)
class TrackProgress:
    """How far a track is done; `touched` once one of its katas was started."""

    name: str
    title: str
    passed: int
    total: int
    touched: bool


@dataclass(frozen=True)
class Last:
    """The kata last started or checked, with its last attempt and the promise that failed in it."""

    entry: Entry
    status: str
    attempt: Attempt | None
    sentence: str


@dataclass(frozen=True)
class Whereabouts:
    """Where a learner is, and what to do next: nothing to do where all is done or no kata was found."""

    tracks: tuple[TrackProgress, ...]
    last: Last | None
    upcoming: Upcoming | None


@dataclass(frozen=True)
class Finish:
    """The end of a track: its katas with their statuses, the work they took, the track to do next."""

    track: Track
    statuses: tuple[str, ...]
    attempts: int
    hints: int
    then: TrackProgress | None


def rows(desk: Desk, *, track: str = "", difficulty: str = "", todo: bool = False) -> tuple[Row, ...]:
    """Return the catalogue with the learner's status, or the part of it that is asked for."""
    names = [known.name for known in desk.catalog.tracks]
    if track and track not in names:
        shown = ", ".join(names) or "none"
        raise UsageError(f"No track called {track!r}.{nearest(track, names)}", f"The tracks are: {shown}.")
    return tuple(
        row
        for row in _rows(desk)
        if (not track or row.track == track)
        and (not difficulty or row.difficulty == difficulty)
        and not (todo and row.status in DONE)
    )


def whereabouts(desk: Desk) -> Whereabouts:
    """Return where the learner is, and what to do next."""
    todo = _upcoming(desk)
    return Whereabouts(tuple(_tracks(desk)), _last(desk), todo)


def upcoming(desk: Desk) -> Upcoming:
    """Return the last kata while it is unfinished, or else the next; raise UsageError where there is none."""
    found = _upcoming(desk)
    if found:
        return found
    if not desk.catalog.slugs:
        raise UsageError("No katas were found.", "`mlkata doctor` shows where they are looked for.")
    raise UsageError("You have passed every kata.", "`mlkata list` shows them; name one to do it again.")


def following(desk: Desk, slug: str) -> Upcoming | None:
    """Return the kata to do after *slug*: one of its track if there is, else of the course."""
    katas = desk.catalog.track_of(slug).katas
    at = katas.index(slug) + 1 if slug in katas else 0
    near = _first_open(desk, katas[at:] + katas[:at], skip=slug)
    if near:
        return Upcoming(near, "track")
    placed = tuple(name for track in desk.catalog.tracks for name in track.katas)
    loose = tuple(sorted(set(desk.catalog.slugs) - set(placed)))
    far = _first_open(desk, placed + loose, skip=slug)
    return Upcoming(far, "course") if far else None


def finish(desk: Desk, slug: str) -> Finish | None:
    """Return the end of the track of *slug* when all of it is done, else nothing."""
    track = desk.catalog.track_of(slug)
    if not track.katas or not all(desk.is_done(name) for name in track.katas):
        return None
    attempts = sum(len(desk.progress.attempts(name)) for name in track.katas)
    hints = sum(desk.progress.hints_shown(name) for name in track.katas)
    then = following(desk, slug)
    after = then and next((t for t in _tracks(desk) if t.name == then.entry.track), None)
    return Finish(track, tuple(desk.status(name) for name in track.katas), attempts, hints, after or None)


def changed_sentence(slug: str, changed: tuple[str, ...]) -> str:
    """Return what an update changed of a kata since the learner started, and what that means."""
    *others, last = changed
    what = f"{', '.join(others)} and {last}" if others else last
    steps = [f"`mlkata show {slug}` shows the brief"] * ("brief" in changed)
    steps += [f"`mlkata reset {slug}` gives the new starter"] * ("starter" in changed)
    advice = f" {', '.join(steps)}." if steps else ""
    return f"The {what} of {slug} changed since you started it; your work stays.{advice}"


def _rows(desk: Desk) -> Iterator[Row]:
    statuses = desk.statuses()
    editions = desk.progress.editions() if desk.has_progress else {}
    suites = desk.progress.passed_suites() if desk.has_progress else {}
    for entry in desk.catalog.entries:
        touched = entry.slug in statuses and not entry.problem
        now = _edition(entry) if touched else None
        passed_with = suites.get(entry.slug, frozenset())
        yield Row(
            entry.slug,
            entry.title,
            entry.track,
            entry.track_title,
            entry.difficulty,
            entry.minutes,
            "broken" if entry.problem else desk.status(entry.slug),
            entry.problem.message if entry.problem else "",
            is_earlier=now is not None and bool(passed_with) and now.suite not in passed_with,
            changed=now.changed_since(editions.get(entry.slug)) if now else (),
        )


def _edition(entry: Entry) -> Edition:
    from .edition import Edition  # with it comes hashlib, and most lists hold nothing that was touched

    return Edition.of(entry.folder)


def _tracks(desk: Desk) -> Iterator[TrackProgress]:
    placed: set[str] = set()
    for track in desk.catalog.tracks:
        placed |= set(track.katas)
        if track.katas:
            yield _track(desk, track)
    loose = tuple(slug for slug in desk.catalog.slugs if slug not in placed)
    if loose:
        yield _track(desk, Track("", "other katas", loose))


def _track(desk: Desk, track: Track) -> TrackProgress:
    done = sum(desk.is_done(slug) for slug in track.katas)
    touched = any(desk.status(slug) != "new" for slug in track.katas)
    return TrackProgress(track.name, track.title, done, len(track.katas), touched)


def _last(desk: Desk) -> Last | None:
    slug = desk.last_kata()
    if not slug:
        return None
    attempts = desk.progress.attempts(slug)
    attempt = attempts[-1] if attempts else None
    sentence = _sentence(desk, slug, attempt.failed_check) if attempt else ""
    return Last(desk.catalog.entry(slug), desk.status(slug), attempt, sentence)


def _sentence(desk: Desk, slug: str, check: str) -> str:
    """Return the promise of a check, or nothing where its suite cannot be read or has none of that name."""
    if not check:
        return ""
    try:
        checks = desk.catalog.find(slug).suite.checks
    except InvalidKata:
        return ""
    return next((known.sentence for known in checks if known.name == check), "")


def _upcoming(desk: Desk) -> Upcoming | None:
    last = desk.last_kata()
    if last and desk.status(last) == "started":
        return Upcoming(desk.catalog.entry(last), "unfinished")
    found = following(desk, last)
    if found or not last or desk.is_done(last):
        return found
    return Upcoming(desk.catalog.entry(last), "unfinished")


def _first_open(desk: Desk, katas: tuple[str, ...], skip: str) -> Entry | None:
    """Return the first of *katas* that is neither done nor given up; those come last, and *skip* never."""
    todo = [slug for slug in katas if slug != skip and not desk.is_done(slug)]
    for slug in sorted(todo, key=lambda slug: desk.status(slug) == "gave-up"):
        entry = desk.catalog.entry(slug)
        if not entry.problem:
            return entry
    return None
