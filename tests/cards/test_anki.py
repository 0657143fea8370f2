"""Exports to Anki, proven with Anki itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.notes import Note

from ml_katas.cards.reviews import Reviews
from ml_katas.cards.schedule import Memory, Rating
from ml_katas.practice.progress import Progress

if TYPE_CHECKING:
    from conftest import Terminal

DECK = r"""---
title: Test Networks
paper: "Doe et al. 2020, Test Networks"
url: https://example.org/abs?a=1&b=2
tags: [moe, deep learning]
---

## What is $a < b$ in `x < y`?

<!-- card: order; kind: shape -->

$$
y = \sum_{i=1}^{n} G(x)_i * E_i(x)
$$

Here $x_i*y$ and *that* & this <i a=b>, x<sup>2</sup>.

### Explanation

| a | b |
|---|---|
| $c_{*}$ | 2 |

## Draw it.

<!-- card: drawing; kind: drawing -->

![a box](drawings/box.svg)

```drawing
+---+
```

A box.
"""


class Anki:
    """A real collection of Anki."""

    def __init__(self, folder: Path) -> None:
        self.collection = Collection(str(folder / "collection.anki2"))

    def take(self, package: Path, **options: Any) -> dict[str, int]:
        """Import a package and return how many notes Anki says are new, updated, duplicate, conflicting."""
        log = self.collection.import_anki_package(
            ImportAnkiPackageRequest(
                package_path=str(package.absolute()), options=ImportAnkiPackageOptions(**options)
            )
        ).log
        kinds = ("new", "updated", "duplicate", "conflicting", "missing_notetype", "missing_deck")
        return {kind: len(getattr(log, kind)) for kind in kinds if len(getattr(log, kind))}

    def note(self, card: str) -> Note:
        """Return the note of a card."""
        (found,) = self.collection.find_notes(f'id:"{card}"')
        return self.collection.get_note(found)


@pytest.fixture
def in_zone(hours: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the machine's clock show so many hours beyond UTC."""
    monkeypatch.setenv("TZ", f"Test{-hours:+d}")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[Anki]:
    """Return an empty collection."""
    folder = tmp_path / "anki"
    folder.mkdir()
    found = Anki(folder)
    yield found
    found.collection.close()


@pytest.fixture
def deck(terminal: Terminal) -> Path:
    """Return a deck of the course with two cards and a picture, in a used workspace."""
    folder = terminal.course / "decks"
    (folder / "drawings").mkdir(parents=True)
    (folder / "test-networks.md").write_text(DECK, encoding="utf-8")
    (folder / "drawings" / "box.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8"
    )
    (terminal.folder / ".mlkata").mkdir()
    return folder / "test-networks.md"


def export(terminal: Terminal, *more: str, file: str = "cards.apkg") -> Path:
    """Export to *file* and return its path."""
    done = terminal("cards", "export", "anki", file, *more)
    assert done.exit_code == 0, done.output
    return terminal.folder / file


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_a_later_export_updates_cards_and_keeps_reviews(terminal: Terminal, anki: Anki, deck: Path) -> None:
    """After an edit Anki updates that card alone, keeps its reviews, and sees no new one and no conflict."""
    assert anki.take(export(terminal)) == {"new": 5}
    (card,) = anki.note("test-networks/order").cards()
    card.start_timer()
    anki.collection.sched.answerCard(card, 3)
    edit(deck, "Here $x_i*y$", "There $x_i*y$")
    assert anki.take(export(terminal)) == {"updated": 1, "duplicate": 4}
    note = anki.note("test-networks/order")
    assert "There" in note["answer"]
    assert [card.reps for card in note.cards()] == [1]
    assert anki.collection.db.scalar("SELECT count(*) FROM revlog") == 1  # type: ignore[union-attr]
    assert anki.take(export(terminal)) == {"duplicate": 5}


def test_what_was_edited_in_anki_stays_until_the_card_changes(
    terminal: Terminal, anki: Anki, deck: Path
) -> None:
    """A note that is as it was is exported with its old time, so that Anki keeps the learner's words."""
    anki.take(export(terminal))
    note = anki.note("test-networks/order")
    note["answer"] = "in my words"
    time.sleep(1.1)  # Anki compares whole seconds
    anki.collection.update_note(note)
    assert anki.take(export(terminal, file="another.apkg")) == {"duplicate": 5}
    assert anki.note("test-networks/order")["answer"] == "in my words"


def test_a_clock_that_went_back_does_not_stop_updates(
    terminal: Terminal, anki: Anki, deck: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed card gets a later time than it ever had, also where only the earlier file tells that time."""
    anki.take(export(terminal))
    monkeypatch.setenv("MLKATA_NOW", (datetime.now(UTC) - timedelta(days=400)).isoformat())
    edit(deck, "A box.", "A square.")
    assert anki.take(export(terminal)) == {"updated": 1, "duplicate": 4}
    (terminal.folder / ".mlkata" / "progress.db").unlink()
    edit(deck, "A square.", "A rectangle.")
    assert anki.take(export(terminal)) == {"updated": 1, "duplicate": 4}
    assert "A rectangle." in anki.note("test-networks/drawing")["answer"]


def test_math_tables_code_and_everything_else_arrive(terminal: Terminal, anki: Anki, deck: Path) -> None:
    """Formulas stand between the marks of MathJax untouched by Markdown; everything else is escaped HTML."""
    anki.take(export(terminal))
    note = anki.note("test-networks/order")
    assert note["question"] == r"What is \(a &lt; b\) in <code>x &lt; y</code>?"
    assert r"\[y = \sum_{i=1}^{n} G(x)_i * E_i(x)\]" in note["answer"]
    assert r"Here \(x_i*y\) and <em>that</em> &amp; this &lt;i a=b&gt;, x<sup>2</sup>." in note["answer"]
    assert r"<td>\(c_{*}\)</td>" in note["explanation"]
    assert note["kind"] == "shape"
    link = '<a href="https://example.org/abs?a=1&amp;b=2">Doe et al. 2020, Test Networks</a>'
    assert note["source"] == link
    assert note.tags == ["deep-learning", "kind::shape", "moe"]
    shown = note.cards()[0].render_output(reload=True)
    assert link in shown.answer_text


def test_decks_hang_in_a_tree(terminal: Terminal, anki: Anki, deck: Path) -> None:
    """Papers, katas and the learner's own decks are branches of one tree."""
    own = terminal.folder / "decks"
    own.mkdir()
    text = "---\ntitle: Mine\n---\n\n## Why?\n\n<!-- card: why -->\n\nSo.\n"
    (own / "mine.md").write_text(text, encoding="utf-8")
    anki.take(export(terminal))
    places = {
        card: anki.collection.decks.name(anki.note(card).cards()[0].did)
        for card in ("test-networks/order", "tiny-sum/empty", "mine/why")
    }
    assert places == {
        "test-networks/order": "mlkata::papers::test-networks",
        "tiny-sum/empty": "mlkata::katas::tiny-sum",
        "mine/why": "mlkata::own::mine",
    }
    assert [deck.name for deck in anki.collection.decks.all_names_and_ids()] == [
        "Default",
        "mlkata",
        "mlkata::katas",
        "mlkata::katas::tiny-double",
        "mlkata::katas::tiny-sum",
        "mlkata::own",
        "mlkata::own::mine",
        "mlkata::papers",
        "mlkata::papers::test-networks",
    ]


def test_pictures_are_media_and_a_changed_one_replaces_none(
    terminal: Terminal, anki: Anki, deck: Path
) -> None:
    """A picture arrives under a name that tells its content; drawings in characters stay behind."""
    anki.take(export(terminal))
    note = anki.note("test-networks/drawing")
    assert "+---+" not in note["answer"]
    (first,) = anki.collection.media.files_in_str(note.mid, note["answer"])
    media = Path(anki.collection.media.dir())
    assert (media / first).read_text(encoding="utf-8").startswith("<svg")
    edit(deck.parent / "drawings" / "box.svg", "'/>", "'><g/></svg>")
    assert anki.take(export(terminal)) == {"updated": 1, "duplicate": 4}
    note = anki.note("test-networks/drawing")
    (second,) = anki.collection.media.files_in_str(note.mid, note["answer"])
    assert first != second
    assert sorted(path.name for path in media.iterdir()) == sorted([first, second])
    assert "<g/>" in (media / second).read_text(encoding="utf-8")


def test_a_missing_picture_is_reported_and_its_words_stay(terminal: Terminal, anki: Anki, deck: Path) -> None:
    """A card without its picture is exported with the words for it, and the line is named."""
    (deck.parent / "drawings" / "box.svg").unlink()
    done = terminal("cards", "export", "anki", "cards.apkg")
    assert f"{deck}:24: the picture drawings/box.svg is missing" in done.stderr
    anki.take(terminal.folder / "cards.apkg")
    assert "<em>[a box]</em>" in anki.note("test-networks/drawing")["answer"]


def test_pictures_outside_of_the_decks_folder_stay_there(terminal: Terminal, deck: Path) -> None:
    """No deck can bring a file along that lies elsewhere."""
    secret = terminal.course / "secret.svg"
    secret.write_text("<svg/>", encoding="utf-8")
    (deck.parent / "drawings" / "box.svg").unlink()
    (deck.parent / "drawings" / "box.svg").symlink_to(secret)
    done = terminal("cards", "export", "anki", "cards.apkg", "--json")
    assert json.loads(done.stdout)["pictures"] == 0


def test_a_schedule_never_replaces_reviews_made_in_anki(terminal: Terminal, anki: Anki, deck: Path) -> None:
    """A card that Anki has keeps Anki's schedule when one is exported again."""
    anki.take(export(terminal))
    (card,) = anki.note("test-networks/order").cards()
    card.start_timer()
    anki.collection.sched.answerCard(card, 4)
    before = anki.collection.get_card(card.id)
    with Progress(terminal.folder / ".mlkata" / "progress.db") as progress:
        at = datetime.now(UTC) - timedelta(days=2)
        Reviews(progress.database).rate("test-networks/order", Rating.AGAIN, None, at=at)
    edit(deck, "Here $x_i*y$", "There $x_i*y$")
    assert anki.take(export(terminal, "--with-schedule"), with_scheduling=True)["updated"] == 1
    after = anki.collection.get_card(card.id)
    assert (after.due, after.ivl, after.reps, after.type) == (
        before.due,
        before.ivl,
        before.reps,
        before.type,
    )


class TestSchedule:
    """`--with-schedule`: what the learner remembers, as far as Anki can take it."""

    @pytest.fixture
    def reviews(self, terminal: Terminal, deck: Path) -> Iterator[Reviews]:
        """Return the reviews of a learner who has made none yet."""
        with Progress(terminal.folder / ".mlkata" / "progress.db") as progress:
            yield Reviews(progress.database)

    def rate(self, reviews: Reviews, card: str, *ratings: tuple[datetime, Rating]) -> Memory:
        """Rate a card at these moments and return what FSRS knows of it then."""
        memory: Memory | None = None
        for at, rating in ratings:
            memory = reviews.rate(card, rating, memory, at=at, milliseconds=4000)
        assert memory is not None
        return memory

    def test_due_day_interval_memory_and_reviews_arrive(
        self, terminal: Terminal, anki: Anki, reviews: Reviews
    ) -> None:
        """A card is due on the same day in Anki, with its memory, its counts and every review."""
        now = datetime.now(UTC)
        first, second, third = now - timedelta(days=30), now - timedelta(days=20), now - timedelta(days=1)
        card_id = "test-networks/order"
        met = self.rate(reviews, card_id, (first, Rating.EASY), (second, Rating.GOOD))
        memory = reviews.rate(card_id, Rating.EASY, met, at=third, milliseconds=4000)
        anki.take(export(terminal, "--with-schedule"), with_scheduling=True)
        (card,) = anki.note(card_id).cards()
        interval = (memory.due - third).days
        assert (card.type, card.queue, card.ivl) == (2, 2, interval)
        assert card.due - anki.collection.sched.today == interval - 1
        assert (card.reps, card.lapses) == (3, 0)
        known = card.memory_state
        assert known is not None
        assert known.stability == pytest.approx(memory.stability, abs=1e-3)
        assert known.difficulty == pytest.approx(memory.difficulty, abs=1e-2)
        assert card.last_review_time == int(third.timestamp())
        assert card.desired_retention == pytest.approx(0.9)
        assert card.decay == pytest.approx(0.154)
        rows = anki.collection.db.all(  # type: ignore[union-attr]
            "SELECT id, ease, ivl, lastIvl, time, type FROM revlog ORDER BY id"
        )
        assert rows == [
            [int(first.timestamp() * 1000), 4, 8, 0, 4000, 0],
            [int(second.timestamp() * 1000), 3, (met.due - second).days, 8, 4000, 1],
            [int(third.timestamp() * 1000), 4, interval, (met.due - second).days, 4000, 1],
        ]

    def test_anki_goes_on_where_the_learner_is(
        self, terminal: Terminal, anki: Anki, reviews: Reviews
    ) -> None:
        """Anki's own FSRS, at the same parameters, gives a card the memory that ours gives it."""
        now = datetime.now(UTC)
        card_id = "test-networks/order"
        memory = self.rate(
            reviews, card_id, (now - timedelta(days=40), Rating.EASY), (now - timedelta(days=30), Rating.GOOD)
        )
        anki.take(export(terminal, "--with-schedule"), with_scheduling=True)
        anki.collection.set_config("fsrs", True)
        (card,) = anki.note(card_id).cards()
        card.start_timer()
        anki.collection.sched.answerCard(card, 3)
        ours = reviews.rate(card_id, Rating.GOOD, memory)
        known = anki.collection.get_card(card.id).memory_state
        assert known is not None
        assert known.stability == pytest.approx(ours.stability, rel=0.02)
        assert known.difficulty == pytest.approx(ours.difficulty, abs=0.02)

    def test_learning_lapsed_overdue_and_suspended_cards_are_so_in_anki(
        self, terminal: Terminal, anki: Anki, reviews: Reviews
    ) -> None:
        """What is in its short steps is due in minutes; an overdue card is overdue; a suspended one waits."""
        now = datetime.now(UTC)
        learning = self.rate(reviews, "test-networks/order", (now, Rating.GOOD))
        long_ago = now - timedelta(days=100)
        lapsed = self.rate(reviews, "tiny-double/agree", (long_ago, Rating.EASY), (now, Rating.AGAIN))
        overdue = self.rate(reviews, "test-networks/drawing", (long_ago, Rating.EASY))
        reviews.suspend("tiny-sum/empty")
        anki.take(export(terminal, "--with-schedule"), with_scheduling=True)
        (card,) = anki.note("test-networks/order").cards()
        assert (card.type, card.queue, card.due) == (1, 1, int(learning.due.timestamp()))
        (card,) = anki.note("tiny-double/agree").cards()
        assert (card.type, card.due, card.lapses) == (3, int(lapsed.due.timestamp()), 1)
        (card,) = anki.note("test-networks/drawing").cards()
        assert card.due - anki.collection.sched.today == -92
        assert (overdue.due - long_ago).days == 8
        (card,) = anki.note("tiny-sum/empty").cards()
        assert (card.type, card.queue) == (0, -1)
        assert anki.collection.sched.deck_due_tree().review_count == 1

    def test_without_the_option_cards_are_new(self, terminal: Terminal, anki: Anki, reviews: Reviews) -> None:
        """An export without a schedule says nothing of what the learner did."""
        self.rate(reviews, "test-networks/order", (datetime.now(UTC), Rating.EASY))
        anki.take(export(terminal), with_scheduling=True)
        (card,) = anki.note("test-networks/order").cards()
        assert (card.type, card.reps) == (0, 0)
        assert anki.collection.db.scalar("SELECT count(*) FROM revlog") == 0  # type: ignore[union-attr]

    @pytest.mark.parametrize("hours", range(-12, 14, 3))
    def test_due_days_are_the_learners_own(
        self, in_zone: None, terminal: Terminal, tmp_path: Path, reviews: Reviews
    ) -> None:
        """Whatever the hour and the time zone, a card due at noon tomorrow is due tomorrow in Anki."""
        today = datetime.now().astimezone() - timedelta(hours=4)  # Anki's day begins at four
        noon = (today + timedelta(days=1)).replace(hour=12).astimezone(UTC)
        memory = self.rate(reviews, "test-networks/order", (noon - timedelta(days=8), Rating.EASY))
        assert memory.due == noon
        package = export(terminal, "--with-schedule")
        with ThreadPoolExecutor() as elsewhere:  # each thread of Anki's knows the zone it first saw
            assert elsewhere.submit(self.days_until_due, tmp_path, package).result() == 1

    @staticmethod
    def days_until_due(folder: Path, package: Path) -> int:
        """Return how many days are left to the one card, in a collection of its own."""
        anki = Anki(folder)
        try:
            anki.take(package, with_scheduling=True)
            (card,) = anki.note("test-networks/order").cards()
            return card.due - anki.collection.sched.today
        finally:
            anki.collection.close()


def test_a_file_of_someone_else_is_never_replaced(terminal: Terminal, deck: Path) -> None:
    """Whatever lies at the path and is no export of ours stays as it is, and a sentence says so."""
    path = terminal.folder / "mine.apkg"
    path.write_bytes(b"something else")
    done = terminal("cards", "export", "anki", "mine.apkg")
    assert done.exit_code == 2
    assert "mine.apkg is there and is no whole export to Anki; it stays as it is." in done.stderr
    assert path.read_bytes() == b"something else"


def test_a_collection_exported_by_anki_is_never_replaced(terminal: Terminal, anki: Anki, deck: Path) -> None:
    """A package that Anki wrote, even of our cards, is not ours to replace."""
    anki.take(export(terminal))
    from anki.collection import ExportAnkiPackageOptions

    path = terminal.folder / "theirs.apkg"
    anki.collection.export_anki_package(
        out_path=str(path),
        options=ExportAnkiPackageOptions(with_scheduling=True, with_media=True, legacy=True),
        limit=None,
    )
    before = path.read_bytes()
    done = terminal("cards", "export", "anki", "theirs.apkg")
    assert done.exit_code == 2
    assert "theirs.apkg is a file that mlkata did not write; it stays as it is." in done.stderr
    assert path.read_bytes() == before


def test_where_nothing_can_be_written_nothing_is_left(terminal: Terminal, deck: Path) -> None:
    """A folder that is missing or a name that Anki would not open is a sentence."""
    done = terminal("cards", "export", "anki", "missing/cards.apkg")
    assert done.exit_code == 2
    assert "missing/cards.apkg cannot be written: no such file or directory." in done.stderr
    done = terminal("cards", "export", "anki", "cards.zip")
    assert done.exit_code == 2
    assert "Anki opens files that end in .apkg, and cards.zip does not." in done.stderr
    assert os.listdir(terminal.folder) == [".mlkata"]


def test_a_damaged_deck_hides_no_other(terminal: Terminal, anki: Anki, deck: Path) -> None:
    """The others are exported and the damage is named; by its own name a damaged deck is an error."""
    (deck.parent / "broken.md").write_text("---\ntitle: Broken\n---\n\n## No card mark\n", encoding="utf-8")
    done = terminal("cards", "export", "anki", "cards.apkg")
    assert done.exit_code == 0
    assert f"{deck.parent / 'broken.md'}:5: " in done.stderr
    assert anki.take(terminal.folder / "cards.apkg") == {"new": 5}
    done = terminal("cards", "export", "anki", "cards.apkg", "--deck", "broken")
    assert done.exit_code == 4
    assert f"{deck.parent / 'broken.md'}:5: " in done.stderr


def test_one_deck_can_be_chosen_and_the_outcome_is_json(terminal: Terminal, deck: Path) -> None:
    """`--deck` exports that deck alone, and `--json` says what came of it."""
    done = terminal("cards", "export", "anki", "cards.apkg", "--deck", "test-networks", "--json")
    assert json.loads(done.stdout) == {
        "schema": "mlkata.cards-export/1",
        "format": "anki",
        "path": "cards.apkg",
        "decks": ["mlkata::papers::test-networks"],
        "cards": 2,
        "added": 2,
        "changed": 0,
        "scheduled": 0,
        "pictures": 1,
        "missing": [],
        "problems": [],
    }
    done = terminal("cards", "export", "anki", "cards.apkg", "--deck", "test-network")
    assert done.exit_code == 2
    assert "Did you mean 'test-networks'?" in done.stderr
