"""What a learner's reviews add up to: streak, retention, cards by state, what is to come, a year of days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from ..course.library import Library
from ..practice.overview import TrackProgress, whereabouts
from ..practice.state import AppState
from ..support.clock import now
from ..support.records import record
from .days import day_of
from .katas import due_katas
from .plan import is_unlocked
from .reviews import Review, Reviews
from .schedule import Memory, Phase, Rating

FORECAST_DAYS = 14
WEEKS = 53
MONTH = 30
MATURE = timedelta(days=21)  # from this interval on a card counts as learned


@record
class Streak:
    """Days in a row with a review or a check: up to today, and the most there ever were."""

    current: int
    longest: int


@record
class Retention:
    """Of the cards that came back after a day or more, how many were remembered."""

    remembered: int
    asked: int

    @property
    def share(self) -> float | None:
        return self.remembered / self.asked if self.asked else None


@record(kw_only=True)
class CardStates:
    """All cards by what is known of them; those that are `waiting` belong to katas that are not passed."""

    new: int
    learning: int
    young: int
    mature: int
    suspended: int
    waiting: int


@record(kw_only=True)
class Statistics:
    """Everything that `mlkata stats` shows, as of the day `today`; `days` counts reviews and checks."""

    today: date
    streak: Streak
    reviews_today: int
    reviews_month: int
    reviews_total: int
    minutes_month: int
    ratings: Mapping[Rating, int]
    retention_month: Retention
    retention_total: Retention
    states: CardStates
    tracks: tuple[TrackProgress, ...]
    katas_due: tuple[str, ...]
    forecast: tuple[tuple[date, int], ...]
    days: Mapping[date, int]

    @property
    def weeks(self) -> tuple[tuple[date, ...], ...]:
        """The days of a year, week by week from Monday on, up to today."""
        monday = self.today - timedelta(days=self.today.weekday(), weeks=WEEKS - 1)
        days = [monday + timedelta(days=n) for n in range(7 * WEEKS)]
        return tuple(
            tuple(day for day in days[7 * week : 7 * week + 7] if day <= self.today) for week in range(WEEKS)
        )


def statistics(state: AppState, library: Library) -> Statistics:
    """Return what the reviews in the workspace add up to."""
    due, at = due_katas(state), now()
    today = day_of(at)
    reviews = Reviews(state.progress.database) if state.has_progress else None
    done = tuple(reviews.all()) if reviews else ()
    cards = tuple(review for review in done if "/" in review.item)
    month = tuple(review for review in cards if day_of(review.at) > today - timedelta(days=MONTH))
    memories = reviews.memories() if reviews else {}
    suspended = reviews.suspended() if reviews else frozenset()
    days = Counter(day_of(review.at) for review in cards)
    days.update(day_of(datetime.fromisoformat(moment)) for moment in _checks(state))
    found = Statistics(
        today=today,
        streak=_streak(days, today),
        reviews_today=sum(day_of(review.at) == today for review in month),
        reviews_month=len(month),
        reviews_total=len(cards),
        minutes_month=round(sum(_capped(review) for review in month) / 60_000),
        ratings=Counter(review.rating for review in month),
        retention_month=_retention(month),
        retention_total=_retention(cards),
        states=_states(state, library, memories, suspended),
        tracks=whereabouts(state).tracks,
        katas_due=tuple(kata.slug for kata in due),
        forecast=_forecast(library, memories, suspended, today),
        days=days,
    )
    library.save()
    return found


def _checks(state: AppState) -> Iterable[str]:
    return state.progress.checks() if state.has_progress else ()


def _streak(days: Mapping[date, int], today: date) -> Streak:
    longest = run = 0
    before: date | None = None
    for day in sorted(days):
        run = run + 1 if before == day - timedelta(days=1) else 1
        longest, before = max(longest, run), day
    is_going_on = before is not None and today - before <= timedelta(days=1)
    return Streak(run if is_going_on else 0, longest)


def _capped(review: Review) -> int:
    """Return how long a card was looked at, in milliseconds; whoever went for a coffee did not learn."""
    return min(review.milliseconds or 0, 60_000)


def _retention(reviews: Iterable[Review]) -> Retention:
    came_back = [review for review in reviews if review.phase is Phase.REVIEW]
    return Retention(sum(review.rating > Rating.AGAIN for review in came_back), len(came_back))


def _states(
    state: AppState, library: Library, memories: Mapping[str, Memory], suspended: frozenset[str]
) -> CardStates:
    counts: Counter[str] = Counter()
    for name in library.names:
        is_open = is_unlocked(state, name)
        for place in library.places(name):
            memory = memories.get(place.card)
            is_asked = place.card not in suspended
            counts["suspended" if not is_asked else _state(memory) if memory or is_open else "waiting"] += 1
    return CardStates(**{name: counts[name] for name in CardStates.__annotations__})


def _state(memory: Memory | None) -> str:
    if memory is None:
        return "new"
    if memory.phase is not Phase.REVIEW:
        return "learning"
    return "mature" if memory.due - memory.last_review >= MATURE else "young"


def _forecast(
    library: Library, memories: Mapping[str, Memory], suspended: frozenset[str], today: date
) -> tuple[tuple[date, int], ...]:
    """Return how many cards come back on each of the coming days; what is overdue counts for today."""
    decks = {name: {place.card for place in library.places(name)} for name in library.names}
    due = Counter(
        max(today, day_of(memory.due))
        for item, memory in memories.items()
        if item not in suspended and item in decks.get(item.partition("/")[0], ())
    )
    days = (today + timedelta(days=n) for n in range(FORECAST_DAYS))
    return tuple((day, due[day]) for day in days)
