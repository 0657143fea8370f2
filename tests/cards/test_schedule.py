"""Schedules are those of py-fsrs itself, for every history, in every time zone."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ml_katas.cards.days import beginning, day_of, end_of_day
from ml_katas.cards.reviews import Reviews
from ml_katas.cards.schedule import KATA_RETENTION, Memory, Phase, Rating, after, outcomes
from ml_katas.practice.progress import Progress

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
START = datetime(2026, 3, 1, 9, 30, 15, 123456, tzinfo=UTC)
HISTORIES = some.lists(
    some.tuples(
        some.sampled_from(Rating),
        some.timedeltas(min_value=timedelta(days=-3), max_value=timedelta(days=400)),
        some.sampled_from(ZONES),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture
def zone() -> Iterator[None]:
    """Put the time zone back that the tests began in."""
    before = os.environ.get("TZ")
    yield
    in_zone(before)


def in_zone(name: str | None) -> None:
    if name is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = name
    time.tzset()


@given(history=HISTORIES, is_kata=some.booleans())
@settings(max_examples=60, deadline=None)
@pytest.mark.usefixtures("zone")
def test_schedule_equals_py_fsrs(history: list[tuple[Rating, timedelta, str]], is_kata: bool) -> None:
    """For any ratings at any moments, clocks put back included, state and dates are exactly the library's."""
    reference = fsrs.Scheduler(enable_fuzzing=False)
    if is_kata:
        reference = fsrs.Scheduler(
            desired_retention=KATA_RETENTION, learning_steps=(), relearning_steps=(), enable_fuzzing=False
        )
    card, memory, at = fsrs.Card(card_id=1), None, START
    for rating, later, zone in history:
        in_zone(zone)
        at += later
        card, _ = reference.review_card(card, fsrs.Rating(rating.value), at)
        memory = after(memory, rating, at, is_kata=is_kata)
        assert (memory.due, memory.last_review, memory.step) == (card.due, card.last_review, card.step)
        assert (memory.stability, memory.difficulty) == (card.stability, card.difficulty)
        assert memory.phase == Phase(card.state.value)


@given(history=HISTORIES)
@settings(max_examples=20, deadline=None)
@pytest.mark.usefixtures("zone")
def test_log_replayed_by_py_fsrs_gives_the_same_schedule(
    history: list[tuple[Rating, timedelta, str]],
) -> None:
    """What the progress file keeps of the reviews is enough for py-fsrs to come to the same card."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder, Progress(Path(folder, "progress.db")) as progress:
        reviews, at = Reviews(progress.database), START
        for rating, later, zone in history:
            in_zone(zone)
            at += later
            reviews.rate("deck/card", rating, reviews.memory("deck/card"), at=at)
        kept = reviews.memory("deck/card")
        logs = [fsrs.ReviewLog(1, fsrs.Rating(r.rating.value), r.at, None) for r in reviews.all()]
    card = fsrs.Card(card_id=1)
    for log in logs:  # in their order, which a clock put back does not change
        card, _ = fsrs.Scheduler(enable_fuzzing=False).review_card(card, log.rating, log.review_datetime)
    assert kept is not None
    assert (kept.due, kept.stability, kept.difficulty) == (card.due, card.stability, card.difficulty)


def test_nothing_random_is_in_a_schedule() -> None:
    """The same history gives the same date whatever the generator of the process says."""
    memory = after(None, Rating.EASY, START)
    dates = set()
    for seed in range(20):
        random.seed(seed)
        dates.add(after(memory, Rating.GOOD, START + timedelta(days=8)).due)
    assert len(dates) == 1


def test_new_card_waits_for_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card without a number makes py-fsrs sleep for a millisecond; ours never does."""
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept for {seconds} s"))
    assert after(None, Rating.GOOD, START).due > START


def test_outcomes_are_what_each_rating_brings() -> None:
    """A new card comes back after a minute, some minutes, or days; a kata after days in any case."""
    waits = outcomes(None, START)
    assert [waits[rating] for rating in Rating] == [
        timedelta(minutes=1), timedelta(minutes=5, seconds=30), timedelta(minutes=10), timedelta(days=8)
    ]  # fmt: skip
    katas = [after(None, rating, START, is_kata=True).due - START for rating in Rating]
    assert katas == sorted(katas)
    assert timedelta(days=1) <= katas[0] < katas[2] < katas[3]


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize("name", ZONES)
def test_days_cover_time_without_a_gap(name: str) -> None:
    """In every zone, also where clocks change, each moment lies between its day's beginning and end."""
    in_zone(name)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    while moment.year == 2026:
        assert beginning(day_of(moment)) <= moment < end_of_day(moment)
        assert day_of(end_of_day(moment)) == day_of(moment) + timedelta(days=1)
        moment += timedelta(hours=1)


def test_memory_is_whole_after_the_file(tmp_path: Path) -> None:
    """A memory comes out of the progress file bit by bit as it went in."""
    with Progress(tmp_path / "progress.db") as progress:
        reviews = Reviews(progress.database)
        memory: Memory | None = None
        for number, rating in enumerate((Rating.GOOD, Rating.GOOD, Rating.AGAIN, Rating.HARD)):
            memory = reviews.rate("d/c", rating, memory, at=START + timedelta(days=3 * number))
            assert reviews.memory("d/c") == memory
        assert reviews.memories() == {"d/c": memory}
