"""What a sitting asks: the cards that are due, some new ones, and the katas to do again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from ..course.library import Library
from ..errors import UsageError
from ..practice.overview import known_track
from ..practice.state import AppState
from ..support.clock import now
from ..support.records import record
from .days import beginning, day_of, end_of_day
from .katas import DueKata, due_katas
from .reviews import Reviews

NEW_A_DAY = 10
_CLOCK_SLACK = timedelta(minutes=5)


@record(kw_only=True)
class Wish:
    """What was asked for: some decks or a track, how many *new* cards, *everything* whether due or not."""

    decks: tuple[str, ...] = ()
    track: str = ""
    new: int | None = None
    everything: bool = False


@record(kw_only=True)
class Plan:
    """Cards by their ids in the order in which they are asked, and the katas after them.

    `waiting` new cards are left for another day, `next_due` is when the next card comes back after these.
    """

    due: tuple[str, ...]
    new: tuple[str, ...]
    katas: tuple[DueKata, ...]
    waiting: int
    next_due: datetime | None
    notes: tuple[str, ...] = ()

    @property
    def cards(self) -> tuple[str, ...]:
        return (*self.due, *self.new)


def library_of(state: AppState) -> Library:
    """Return all decks that the learner can have, with their own ones."""
    return Library(state.catalog, state.workspace.decks if state.workspace else None)


def plan(state: AppState, library: Library, wish: Wish) -> Plan:
    """Return what a sitting asks; a deck that cannot be read is left out, and a note says so."""
    at, katas = now(), due_katas(state)
    reviews = Reviews(state.progress.database) if state.has_progress else None
    chosen = _chosen(state, library, wish)
    due = tuple(_existing(library, _due(reviews, at, wish), chosen)) if reviews else ()
    known = reviews.known() if reviews else frozenset()
    new = tuple(_new(library, _unlocked(state, library) if chosen is None else chosen, known))
    limit = _limit(reviews, at, wish)
    library.save()
    return Plan(
        due=due,
        new=new[:limit],
        katas=tuple(kata for kata in katas if _fits(state, kata.slug, wish)),
        waiting=len(new[limit:]),
        next_due=_next_due(reviews, at, {*due, *new[:limit]}),
        notes=(
            *_clock_notes(reviews, at),
            *(f"{problem} Its cards are left out." for problem in library.problems),
        ),
    )


def is_unlocked(state: AppState, deck: str) -> bool:
    """Return whether the cards of a deck may be asked: a kata's once it was passed, all others at once."""
    return deck not in state.catalog.slugs or state.is_done(deck)


def _chosen(state: AppState, library: Library, wish: Wish) -> tuple[str, ...] | None:
    """Return the decks that were asked for; None where nothing was said."""
    names = [library.known(name) for name in wish.decks]
    for name in names:
        if not is_unlocked(state, name):
            raise UsageError(
                f"The cards of {name} wait until you pass it.", f"`mlkata start {name}` begins it."
            )
    if wish.track:
        track = known_track(state, wish.track)
        known = [name for name in (*track.katas, *track.decks) if name in library.names]
        names += [name for name in known if is_unlocked(state, name)]
    return tuple(dict.fromkeys(names)) if wish.decks or wish.track else None


def _fits(state: AppState, kata: str, wish: Wish) -> bool:
    """Return whether a kata that is due belongs to what was asked for."""
    if wish.decks and kata not in wish.decks:
        return False
    return not wish.track or state.catalog.track_of(kata).name == wish.track


def _due(reviews: Reviews, at: datetime, wish: Wish) -> Iterator[str]:
    ends = end_of_day(at)
    found = [item for item, _ in reviews.due(at, ends)]
    yield from found
    if wish.everything:
        asked = set(found)
        yield from (item for item, _ in reviews.upcoming(at) if item not in asked)


def _existing(library: Library, items: Iterable[str], chosen: Collection[str] | None) -> Iterator[str]:
    """Yield the cards among *items* that still exist, in one of the decks that were *chosen*."""
    cards: dict[str, frozenset[str]] = {}
    for item in items:
        name, slash, _ = item.partition("/")
        if not slash or name not in library.names or (chosen is not None and name not in chosen):
            continue
        if name not in cards:
            cards[name] = frozenset(place.card for place in library.places(name))
        if item in cards[name]:
            yield item


def _new(library: Library, names: Iterable[str], known: Collection[str]) -> Iterator[str]:
    for name in names:
        yield from (place.card for place in library.places(name) if place.card not in known)


def _unlocked(state: AppState, library: Library) -> tuple[str, ...]:
    """Return the decks that new cards come from: of katas that were passed, own ones, those of the track."""
    katas = [slug for slug in state.catalog.slugs if state.is_done(slug)]
    own = [name for name in sorted(library.own) if is_unlocked(state, name)]
    papers = [name for name in _papers(state) if name in library.names]
    return tuple(dict.fromkeys((*katas, *own, *papers)))


def _papers(state: AppState) -> tuple[str, ...]:
    """Return the paper decks of the tracks that were begun, or else of the first that has some."""
    tracks = [track for track in state.catalog.tracks if track.decks]
    begun = [t for t in tracks if any(state.status(slug) != "new" for slug in t.katas)]
    return tuple(name for track in begun or tracks[:1] for name in track.decks)


def _limit(reviews: Reviews | None, at: datetime, wish: Wish) -> int | None:
    """Return how many new cards may be asked now; None where all may."""
    if wish.new is not None:
        return wish.new
    if wish.everything:
        return None
    today = reviews.new_since(beginning(day_of(at))) if reviews else 0
    return max(0, NEW_A_DAY - today)


def _next_due(reviews: Reviews | None, at: datetime, asked: Collection[str]) -> datetime | None:
    later = reviews.upcoming(at) if reviews else ()
    return next((due for item, due in later if "/" in item and item not in asked), None)


def _clock_notes(reviews: Reviews | None, at: datetime) -> Iterator[str]:
    last = reviews.last() if reviews else None
    if last and last > at + _CLOCK_SLACK:
        yield (
            f"The clock of this machine is behind your last review, {last.astimezone():%Y-%m-%d %H:%M}."
            " Nothing is lost: cards come back on the dates that they have;"
            " `mlkata review --all` asks them now."
        )
