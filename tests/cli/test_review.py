"""`mlkata review` line by line: what it asks, what it keeps, and the katas that come back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PAPER = "---\ntitle: A paper\npaper: P\nurl: https://example.org\ntags: [t]\n---\n"


class Clock:
    """The clock of the commands that a test runs."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.put(START)

    def put(self, moment: datetime) -> None:
        self.now = moment
        self._patch.setenv("MLKATA_NOW", moment.isoformat())

    def later(self, time: timedelta) -> None:
        self.put(self.now + time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def paper(terminal: Terminal) -> Terminal:
    """Return a terminal whose course has a paper deck of twelve cards in its track."""
    cards = "".join(f"\n## What is {n}?\n\n<!-- card: n-{n} -->\n\nIt is ${n}$.\n" for n in range(12))
    (terminal.course / "decks").mkdir()
    (terminal.course / "decks" / "paper.md").write_text(PAPER + cards)
    tracks = terminal.course / "tracks.toml"
    tracks.write_text(tracks.read_text() + 'decks = ["paper"]\n')
    return terminal


def planned(terminal: Terminal, *arguments: str) -> dict[str, Any]:
    """Return what a review would ask."""
    found = json.loads(terminal("review", *arguments, "--json").stdout)
    assert found["schema"] == "mlkata.review/1"
    assert isinstance(found, dict)
    return found


def passed(terminal: Terminal, kata: str = "tiny-double") -> None:
    """Start a kata and pass it."""
    terminal("start", kata)
    assert terminal("check", kata).exit_code == 0


def test_first_review_is_not_empty(paper: Terminal, clock: Clock) -> None:
    """Someone who never started anything is asked ten cards of the first track's paper."""
    found = planned(paper)
    assert found["new"] == [f"paper/n-{n}" for n in range(10)]
    assert (found["due"], found["waiting"], found["katas"]) == ([], 2, [])
    assert list(paper.folder.iterdir()) == []  # nothing is made for a look


def test_dialogue_of_a_card(paper: Terminal, clock: Clock) -> None:
    """Question, Enter, answer, a digit; the day of its return stands beside each rating; q ends it."""
    done = paper("review", typed="\n4\nq\n")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"{'A paper':<65}recall, 10 left",
        "",
        "What is 0?",
        "[Enter: the answer; e edit, s suspend, u undo, q quit] ",
        "It is 0.",
        "[1 again 1 min   2 hard 6 min   3 good 10 min   4 easy 8 days, 10 Mar;"
        " e edit, s suspend, u undo, q quit] ",
        f"{'A paper':<66}recall, 9 left",
        "",
        "What is 1?",
        "[Enter: the answer; e edit, s suspend, u undo, q quit] ",
        "1 card reviewed: 1 easy.",
        "9 left; `mlkata review` goes on with them.",
    ]
    assert "is now your workspace" in done.stderr


def test_every_rating_is_kept_at_once(paper: Terminal, clock: Clock) -> None:
    """Input that ends in the middle of a card loses nothing but that card."""
    paper("review", typed="\n4\n\n3\n\n")
    found = planned(paper)
    assert found["new"] == [f"paper/n-{n}" for n in range(2, 10)]
    clock.later(timedelta(minutes=10))
    assert planned(paper)["due"] == ["paper/n-1"]
    clock.later(8 * DAY)
    assert planned(paper)["due"] == ["paper/n-1", "paper/n-0"]


def test_ten_new_cards_a_day(paper: Terminal, clock: Clock) -> None:
    """The next sitting of the day asks no more new ones than are left; `--new` asks for some all the same."""
    paper("review", typed="\n4\n" * 10)
    assert (planned(paper)["new"], planned(paper)["waiting"]) == ([], 2)
    said = paper("review").stdout
    assert said.startswith("Nothing is due. The next card comes back in 8 days, 10 Mar.\n2 new cards wait")
    assert planned(paper, "--new", "1")["new"] == ["paper/n-10"]
    clock.later(DAY)
    assert planned(paper)["new"] == ["paper/n-10", "paper/n-11"]


def test_undo_suspend_and_wrong_keys(paper: Terminal, clock: Clock) -> None:
    """`u` asks the last card again, `s` asks one no more, and what is no rating is asked for again."""
    done = paper("review", "--new", "2", typed="\n4\nu\n\nx\n1\ns\n\n4\n\n4\n")
    assert "paper/n-0 is asked again." in done.stdout
    assert "Type 1, 2, 3 or 4." in done.stdout
    assert done.stdout.splitlines()[-2:] == [
        "2 cards reviewed: 1 again, 1 easy.",
        "The next card comes back in 1 day, 3 Mar.",
    ]
    listed = json.loads(paper("cards", "list", "--deck", "paper", "--json").stdout)["decks"][0]["cards"]
    assert [card["state"] for card in listed[:3]] == ["review", "suspended", "new"]
    assert "paper/n-1 is asked again." in paper("cards", "resume", "paper/n-1").stdout
    assert planned(paper)["new"][0] == "paper/n-1"


def test_cards_of_a_kata_unlock_when_it_is_passed(
    paper: Terminal, clock: Clock, judge: ObedientJudge
) -> None:
    """They come before those of papers; until then naming their deck says what to do."""
    locked = paper("review", "--deck", "tiny-double")
    assert (locked.exit_code, locked.stderr.splitlines()) == (2, [
        "mlkata: The cards of tiny-double wait until you pass it.",
        "  `mlkata start tiny-double` begins it.",
    ])  # fmt: skip
    passed(paper)
    assert planned(paper)["new"][:3] == ["tiny-double/what-is-it", "tiny-double/agree", "paper/n-0"]
    assert planned(paper, "--deck", "tiny-double")["new"] == ["tiny-double/what-is-it", "tiny-double/agree"]
    assert len(planned(paper, "--track", "tiny", "--all")["new"]) == 14


def test_all_asks_what_is_not_due_and_cram_keeps_nothing(paper: Terminal, clock: Clock) -> None:
    """`--all` asks every card and keeps it; `--cram` asks the same and changes no date."""
    paper("review", typed="\n4\n" * 10)
    before = planned(paper, "--all")
    assert (len(before["due"]), len(before["new"])) == (10, 2)
    done = paper("review", "--cram", typed="\n1\n\n3\nq\n")
    assert "[1 again   2 hard   3 good   4 easy;" in done.stdout
    assert planned(paper, "--all") == before


def test_card_that_is_gone_is_not_asked(paper: Terminal, clock: Clock) -> None:
    """A deck that lost cards, or cannot be read, is left out with a sentence; the reviews stay."""
    deck = paper.course / "decks" / "paper.md"
    whole = deck.read_text()
    paper("review", typed="\n3\n\n3\n")
    clock.later(DAY)
    deck.write_text(whole.replace("n-0 ", "other "))
    assert planned(paper)["due"] == ["paper/n-1"]
    deck.write_text(whole.replace("---\n", "", 1))
    broken = paper("review", "--json")
    assert json.loads(broken.stdout)["due"] == []
    assert "paper.md:1: a deck begins with front matter" in broken.stderr
    assert "Its cards are left out." in broken.stderr
    deck.write_text(whole)
    assert planned(paper)["due"] == ["paper/n-0", "paper/n-1"]


def test_clock_that_went_back_is_said(paper: Terminal, clock: Clock) -> None:
    """Nothing is asked twice and nothing is lost; the cards come back on their dates, or with --all."""
    paper("review", typed="\n4\n\n4\n")
    clock.later(-30 * DAY)
    found = paper("review", "--json")
    assert json.loads(found.stdout)["due"] == []
    assert "The clock of this machine is behind your last review, 2026-03-02" in found.stderr
    assert len(planned(paper, "--all")["due"]) == 2
    paper("review", "--all", "--new", "0", typed="\n3\n")
    clock.put(START)
    assert planned(paper)["due"] == ["paper/n-0"]


def test_kata_comes_back(paper: Terminal, clock: Clock, judge: ObedientJudge) -> None:
    """A kata that was easy is due weeks later; it begins from a blank starter, and yours is kept."""
    file = paper.folder / "tiny_double.py"
    paper("start", "tiny-double")
    starter = file.read_text()
    file.write_text("def double(x):\n    return 2 * x\n")
    paper("check")
    paper("start", "tiny-sum")
    assert planned(paper)["katas"] == []
    clock.later(40 * DAY)
    assert [kata["kata"] for kata in planned(paper)["katas"]] == ["tiny-double"]
    assert "due again" in paper("list").stdout
    rows = json.loads(paper("list", "--due", "--json").stdout)["katas"]
    assert [(row["slug"], row["status"], row["due"]) for row in rows] == [("tiny-double", "passed", True)]
    assert "1 kata\n" in paper().stdout
    begun = paper("next")
    assert begun.stdout.splitlines()[:2] == [
        "Wrote tiny_double.py: Double a number (easy, about 1 min) (due again).",
        "Yours is kept as version 1: `mlkata restore tiny-double 1` brings it back.",
    ]
    assert file.read_text() == starter
    file.write_text("half done")
    assert "exists and is left as it is" in paper("next").stdout  # the round goes on
    assert file.read_text() == "half done"
    paper("check", "tiny-double")
    assert planned(paper)["katas"] == []
    assert "No kata is due." in paper("list", "--due").stdout


def test_due_kata_is_offered_after_the_cards(paper: Terminal, clock: Clock, judge: ObedientJudge) -> None:
    """The sitting ends with the katas; b begins the first one."""
    passed(paper)
    clock.later(40 * DAY)
    done = paper("review", "--new", "1", typed="\n4\nb\n")
    assert "To do again, from a blank starter: tiny-double." in done.stdout
    assert "Wrote tiny_double.py: Double a number (easy, about 1 min) (due again)." in done.stdout
    status = json.loads(paper("--json").stdout)
    assert (status["next"]["kata"], status["next"]["why"]) == ("tiny-double", "due")
    assert (status["due"]["katas"], status["due"]["new"]) == (["tiny-double"], 9)


def rating_after(terminal: Terminal, kata: str = "tiny-double") -> int:
    """Return the last grade of a kata."""
    import sqlite3

    terminal("review", "--json")  # grades what has ended
    rows = sqlite3.connect(terminal.folder / ".mlkata" / "progress.db").execute(
        "SELECT rating FROM reviews WHERE item = ? ORDER BY id DESC LIMIT 1", (kata,)
    )
    return int(next(iter(rows), (0,))[0])


def due_date(terminal: Terminal, kata: str = "tiny-double") -> datetime:
    """Return when a kata comes back."""
    import sqlite3

    rows = sqlite3.connect(terminal.folder / ".mlkata" / "progress.db").execute(
        "SELECT due FROM memories WHERE item = ?", (kata,)
    )
    return datetime.fromisoformat(next(rows)[0])


def test_grade_of_a_kata_is_what_happened(terminal: Terminal, clock: Clock, judge: ObedientJudge) -> None:
    """Right at once is easy; slow or a second attempt good; a hint or many attempts hard; giving up again."""

    def again() -> None:
        clock.put(due_date(terminal))
        assert "due again" in terminal("next").stdout

    terminal("start", "tiny-double")
    judge.verdicts = [Status.INCOMPLETE, Status.PASSED]  # a look at what is asked is no failure
    terminal("check")
    terminal("check")
    assert rating_after(terminal) == 4
    again()
    clock.later(timedelta(hours=1))
    terminal("check", "tiny-double")
    assert rating_after(terminal) == 3
    again()
    judge.verdicts = [Status.FAILED, Status.PASSED]
    terminal("check", "tiny-double")
    terminal("check", "tiny-double")
    assert rating_after(terminal) == 3
    again()
    assert "1 of 3" in terminal("hint", "tiny-double").stdout
    terminal("check", "tiny-double")
    assert rating_after(terminal) == 2
    again()
    judge.verdicts = [Status.FAILED] * 4 + [Status.PASSED]
    for _ in range(5):
        terminal("check", "tiny-double")
    assert rating_after(terminal) == 2
    again()
    assert "You have not passed tiny-double again" in terminal("solution", "tiny-double").stderr
    assert terminal("solution", "tiny-double", "--give-up").exit_code == 0
    assert rating_after(terminal) == 1
    terminal("check", "tiny-double")  # a pass after the solution is no grade
    assert rating_after(terminal) == 1
    assert json.loads(terminal("list", "--json").stdout)["katas"][0]["status"] == "passed"


def test_reset_of_a_due_kata_begins_a_round(terminal: Terminal, clock: Clock, judge: ObedientJudge) -> None:
    """Who resets a kata that is due does it again; before that a reset and another pass are no grade."""
    passed(terminal)
    assert rating_after(terminal) == 4
    terminal("reset", "tiny-double")
    terminal("hint", "tiny-double")
    terminal("check", "tiny-double")
    assert rating_after(terminal) == 4
    assert terminal("solution", "tiny-double").exit_code == 0
    clock.put(due_date(terminal))
    terminal("reset", "tiny-double")
    assert terminal("solution", "tiny-double").exit_code == 2
    assert "1 of 3" in terminal("hint", "tiny-double").stdout
    terminal("check", "tiny-double")
    assert rating_after(terminal) == 2


def test_kata_given_up_at_once_comes_back_soon(
    terminal: Terminal, clock: Clock, judge: ObedientJudge
) -> None:
    """A kata whose solution was shown is due after a day."""
    terminal("start", "tiny-double")
    terminal("solution", "--give-up")
    assert rating_after(terminal) == 1
    clock.later(2 * DAY)
    assert [kata["kata"] for kata in planned(terminal)["katas"]] == ["tiny-double"]


def test_progress_that_cannot_be_kept_is_said(
    paper: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the progress cannot be written, the review ends with a sentence and exit code 2."""
    import sqlite3

    paper("review", typed="\n4\n")
    monkeypatch.setattr("ml_katas.support.database.BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(paper.folder / ".mlkata" / "progress.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    done = paper("review", typed="\n4\n")
    holder.close()
    assert done.exit_code == 2
    assert "Another mlkata is writing to it; run the command again." in done.stderr
    assert planned(paper)["new"][0] == "paper/n-1"
