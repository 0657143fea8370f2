"""Reviews in the progress file: each is kept at once, counts once, and is never lost."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ml_katas.cards.reviews import AnsweredElsewhere, Reviews
from ml_katas.cards.schedule import Rating
from ml_katas.cards.sitting import Sitting
from ml_katas.practice.progress import _MIGRATIONS, Progress
from ml_katas.support.database import Database

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "progress.db"


@pytest.fixture
def reviews(path: Path) -> Iterator[Reviews]:
    with Progress(path) as progress:
        yield Reviews(progress.database)


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setenv("MLKATA_NOW", moment.isoformat())


def test_due_to_the_minute_and_all_day_long(reviews: Reviews) -> None:
    """A card in its short steps is due when they are over; one that comes back after days is due all day."""
    reviews.rate("d/step", Rating.GOOD, None, at=START)  # 10 minutes
    reviews.rate("d/days", Rating.EASY, None, at=START)  # 8 days
    ends = START + timedelta(hours=12)

    def due(at: datetime, ends: datetime) -> list[str]:
        return [item for item, _ in reviews.due(at, ends)]

    assert due(START + timedelta(minutes=9), ends) == []
    assert due(START + timedelta(minutes=10), ends) == ["d/step"]
    morning = START + 8 * DAY - timedelta(hours=2)
    assert due(morning, ends + 8 * DAY) == ["d/step", "d/days"]
    assert due(morning - DAY, ends + 7 * DAY) == ["d/step"]


def test_suspended_items_are_never_due(reviews: Reviews) -> None:
    """What is suspended is not asked, keeps its memory, and comes back when it is resumed."""
    memory = reviews.rate("d/c", Rating.AGAIN, None, at=START)
    reviews.suspend("d/c")
    assert reviews.due(START + DAY, START + DAY) == ()
    assert (reviews.suspended(), reviews.memory("d/c")) == ({"d/c"}, memory)
    reviews.resume("d/c")
    assert [item for item, _ in reviews.due(START + DAY, START + DAY)] == ["d/c"]


def test_two_windows_rate_one_card_once(reviews: Reviews, path: Path) -> None:
    """Of two commands that show a card the first rating counts; the other one is told so."""
    reviews.rate("d/c", Rating.GOOD, None, at=START)
    with (
        Progress(path) as progress,
        pytest.raises(AnsweredElsewhere, match="d/c was rated in another window"),
    ):
        Reviews(progress.database).rate("d/c", Rating.AGAIN, None, at=START)
    assert [review.rating for review in reviews.all()] == [Rating.GOOD]


def test_many_windows_at_once_keep_every_card_once(path: Path) -> None:
    """Four processes that rate the same fifty cards leave fifty reviews and no damage."""
    code = (
        "from ml_katas.cards.reviews import AnsweredElsewhere, Reviews\n"
        "from ml_katas.cards.schedule import Rating\n"
        "from ml_katas.practice.progress import Progress\n"
        f"with Progress(__import__('pathlib').Path({str(path)!r})) as progress:\n"
        "    for n in range(50):\n"
        "        try:\n"
        "            Reviews(progress.database).rate(f'd/{n}', Rating.GOOD, None)\n"
        "        except AnsweredElsewhere:\n"
        "            pass\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    with Progress(path) as progress:
        assert sorted(r.item for r in Reviews(progress.database).all()) == sorted(f"d/{n}" for n in range(50))
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("lines", [1, 7, 30])
def test_kill_at_any_moment_loses_no_rating(path: Path, lines: int) -> None:
    """Every rating that was said to be kept is there after kill -9, with the memory that belongs to it."""
    code = (
        "from pathlib import Path\n"
        "from ml_katas.cards.reviews import Reviews\n"
        "from ml_katas.cards.schedule import Rating\n"
        "from ml_katas.practice.progress import Progress\n"
        f"reviews = Reviews(Progress(Path({str(path)!r})).database)\n"
        "n = 0\n"
        "while True:\n"
        "    reviews.rate(f'd/{n}', Rating.EASY, None)\n"
        "    print(n, flush=True)\n"
        "    n += 1\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(lines):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().splitlines()
    process.wait()
    process.stdout.close()
    said = lines + len([line for line in rest if line])
    with Progress(path) as progress:
        kept = [review.item for review in Reviews(progress.database).all()]
        assert len(kept) in (said - 1, said, said + 1)
        assert set(Reviews(progress.database).memories()) == set(kept)
        assert progress.notices == []


def test_undo_takes_back_and_the_log_keeps_it(reviews: Reviews, path: Path) -> None:
    """After undo the memory is bit by bit what it was; the row stays, marked."""
    first = reviews.rate("d/c", Rating.GOOD, None, at=START)
    second = reviews.rate("d/c", Rating.AGAIN, first, at=START + DAY)
    reviews.undo("d/c", second.review, first)
    assert reviews.memory("d/c") == first
    reviews.undo("d/c", first.review, None)
    assert reviews.memory("d/c") is None
    assert list(reviews.all()) == []
    assert sqlite3.connect(path).execute("SELECT count(*) FROM reviews WHERE undone NOT NULL").fetchone() == (
        2,
    )


def test_new_cards_of_a_day_are_counted(reviews: Reviews) -> None:
    """First reviews count, later ones, undone ones and those of katas do not."""
    memory = reviews.rate("d/a", Rating.GOOD, None, at=START)
    reviews.rate("d/a", Rating.GOOD, memory, at=START + timedelta(minutes=10))
    undone = reviews.rate("d/b", Rating.GOOD, None, at=START)
    reviews.undo("d/b", undone.review, None)
    reviews.grade("kata", 0, Rating.GOOD, START)
    assert (reviews.new_since(START), reviews.new_since(START + DAY)) == (1, 0)


def test_progress_of_an_older_version_is_carried_over(path: Path) -> None:
    """A file that knows no reviews gets their tables; what was in it stays."""
    Database(path, _MIGRATIONS[:2]).close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO starts (kata, at) VALUES ('a', '2026-01-01T00:00:00.000000+00:00')")
    db.close()
    with Progress(path) as progress:
        assert progress.statuses() == {"a": "started"}
        Reviews(progress.database).rate("d/c", Rating.GOOD, None)
        assert progress.notices == []


def sitting(reviews: Reviews, *cards: str) -> Sitting:
    return Sitting(cards, reviews)


def test_short_steps_come_back_within_the_sitting(reviews: Reviews, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card that was forgotten is asked again when its minute is over, and before the sitting ends."""
    set_clock(monkeypatch, START)
    asked = sitting(reviews, "d/a", "d/b", "d/c")
    asked.rate(Rating.AGAIN)
    assert (asked.current, asked.left) == ("d/b", 3)
    set_clock(monkeypatch, START + timedelta(minutes=2))
    asked.rate(Rating.EASY)
    assert asked.current == "d/a"
    asked.rate(Rating.EASY)
    assert (asked.current, asked.left) == ("d/c", 1)
    asked.rate(Rating.GOOD)
    assert (asked.current, asked.left) == ("d/c", 1)  # its ten minutes are not waited for
    asked.rate(Rating.GOOD)
    assert (asked.current, asked.left) == ("", 0)


def test_undo_in_a_sitting_goes_back_card_by_card(reviews: Reviews, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ratings and suspensions are taken back in their order, and each card is asked again."""
    set_clock(monkeypatch, START)
    asked = sitting(reviews, "d/a", "d/b", "d/c")
    asked.rate(Rating.AGAIN)
    asked.suspend()
    assert (asked.current, reviews.suspended()) == ("d/c", {"d/b"})
    assert (asked.undo(), asked.current, reviews.suspended()) == ("d/b", "d/b", frozenset())
    assert (asked.undo(), asked.current, asked.left) == ("d/a", "d/a", 3)
    assert (asked.undo(), reviews.memories(), asked.ratings) == ("", {}, [])
    asked.rate(Rating.EASY)
    assert (asked.current, asked.left) == ("d/b", 2)


def test_rehearsal_keeps_nothing() -> None:
    """Without reviews every card is asked until it is known, and nothing is written."""
    asked = Sitting(["d/a", "d/b"], None)
    asked.rate(Rating.AGAIN)
    asked.rate(Rating.GOOD)
    assert (asked.current, asked.outcomes(), asked.can_undo) == ("d/a", {}, False)
    asked.rate(Rating.GOOD)
    assert asked.current == ""
