"""`mlkata stats`: what a month of reviews adds up to, on screen, as JSON and as a page."""

from __future__ import annotations

import html.parser
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


def stats(terminal: Terminal) -> dict[str, Any]:
    found = json.loads(terminal("stats", "--json").stdout)
    assert found["schema"] == "mlkata.stats/1"
    assert isinstance(found, dict)
    return found


@pytest.fixture
def month(terminal: Terminal, judge: ObedientJudge, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a terminal in which someone reviewed ten new cards, then what was due, on 30 of 32 days."""
    cards = "".join(f"\n## What is {n}?\n\n<!-- card: n-{n} -->\n\nIt is ${n}$.\n" for n in range(12))
    (terminal.course / "decks").mkdir()
    (terminal.course / "decks" / "paper.md").write_text(PAPER + cards)
    tracks = terminal.course / "tracks.toml"
    tracks.write_text(tracks.read_text() + 'decks = ["paper"]\n')
    for day in range(32):
        monkeypatch.setenv("MLKATA_NOW", (START + day * DAY).isoformat())
        if day == 3:
            judge.verdicts = [Status.PASSED]
            terminal("start", "tiny-double")
            terminal("check", "tiny-double")
        elif day == 0:
            terminal("review", typed="\n4\n" * 10)
        elif day not in (20, 21):
            terminal("review", "--new", "0", "--all", typed="\n3\nq\n")
    return terminal


def test_month_in_numbers(month: Terminal) -> None:
    """Streaks, reviews, retention, states, forecast and days agree with what was done."""
    found = stats(month)
    assert found["today"] == "2026-04-02"
    assert found["streak"] == {"current": 10, "longest": 20}
    assert found["reviews"]["total"] == 38
    assert found["reviews"]["today"] == 1
    assert found["reviews"]["ratings_month"] == {"again": 0, "hard": 0, "good": 27, "easy": 0}
    assert found["retention"]["total"] == {"remembered": 28, "asked": 28, "share": 1.0}
    cards = found["cards"]
    assert (cards["new"], cards["learning"], cards["suspended"], cards["waiting"]) == (4, 0, 0, 1)
    assert cards["young"] + cards["mature"] == 10
    assert found["days"]["2026-03-02"] == 10
    assert found["days"]["2026-03-05"] == 1  # the check
    assert "2026-03-22" not in found["days"]
    assert [day["day"] for day in found["forecast"]][:2] == ["2026-04-02", "2026-04-03"]
    assert found["tracks"][0]["passed"] == 1
    assert found["katas_due"] == ["tiny-double"]  # easy on 5 March, it comes back after 28 days


def test_retention_counts_what_was_forgotten(month: Terminal) -> None:
    """A card that came back after days and was not known lowers the retention."""
    month("review", "--new", "0", "--all", typed="\n1\nq\n")
    found = stats(month)["retention"]["total"]
    assert (found["remembered"], found["asked"]) == (28, 29)
    assert stats(month)["cards"]["learning"] == 1


def test_screens_fit(month: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 80 and at 40 columns every block is there, and no line is too long; plain output is ASCII."""
    for columns in ("80", "40"):
        monkeypatch.setenv("COLUMNS", columns)
        lines = month("stats").stdout.splitlines()
        assert max(map(len, lines)) <= int(columns)
        text = "\n".join(lines)
        for part in (
            "streak",
            "10 days, longest 20",
            "cards",
            "to come",
            "katas",
            "Mon ",
            "reviews and checks",
        ):
            assert part in text
    assert month("stats", "--plain").stdout.isascii()


def test_nothing_yet(terminal: Terminal) -> None:
    """Someone who never reviewed sees zeros, and no workspace is made."""
    found = stats(terminal)
    assert (found["streak"], found["reviews"]["total"]) == ({"current": 0, "longest": 0}, 0)
    assert found["retention"]["total"]["share"] is None
    assert "nothing yet" in terminal("stats").stdout
    assert list(terminal.folder.iterdir()) == []


class Page(html.parser.HTMLParser):
    """Reads a page: what it refers to, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.days = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "rect", "link", "img", "br"):
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href")]

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag == "rect"

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag


def test_page_stands_alone(month: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is whole HTML that needs no other file and no script, and has a rule for printing."""
    from ml_katas.course import sources

    monkeypatch.setattr("ml_katas.render.stats_page.bundled", sources.bundled)
    done = month("stats", "--html", "stats.html")
    assert done.stdout == "Wrote stats.html.\n"
    text = (month.folder / "stats.html").read_text()
    page = Page()
    page.feed(text)
    assert (page.open, page.addresses) == ([], [])
    assert "<script" not in text
    assert "@media print" in text
    assert "<title>2026-03-02: 10</title>" in text
    assert "10 days, longest 20" in text
    assert json.loads(month("stats", "--html", "s.html", "--json").stdout)["html"] == "s.html"


def test_page_that_cannot_be_written(terminal: Terminal) -> None:
    """A place where no file can be made is a sentence."""
    done = terminal("stats", "--html", "no/such/folder/stats.html")
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr
