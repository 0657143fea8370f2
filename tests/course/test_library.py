"""Decks are found in the course, its katas and the learner's own folder; each says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_katas.course.catalog import Catalog
from ml_katas.course.library import Library
from ml_katas.errors import UnknownDeck, UsageError

HEAD = "---\ntitle: {}\n---\n"


def card(slug: str, answer: str = "A.") -> str:
    return f"\n## What is {slug}?\n\n<!-- card: {slug} -->\n\n{answer}\n"


@pytest.fixture
def own(course: Path, tmp_path: Path) -> Path:
    """Return the folder of the learner's own decks, beside a course with one paper deck."""
    (course / "decks").mkdir()
    (course / "decks" / "paper.md").write_text(HEAD.format("Paper") + card("one") + card("two"))
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def library(course: Path, own: Path) -> Library:
    return Library(Catalog((course,)), own)


def test_all_decks_are_found(course: Path, own: Path) -> None:
    """Papers come first, then katas in their order, then what is the learner's alone."""
    (own / "mine.md").write_text(HEAD.format("Mine") + card("a"))
    found = library(course, own)
    assert found.names == ("paper", "tiny-double", "tiny-sum", "mine")
    assert [deck.title for deck in found.decks] == ["Paper", "Double a number", "Sum a list", "Mine"]
    assert found.deck("tiny-sum").cards[0].id == "tiny-sum/empty"
    assert (found.title("paper"), found.title("tiny-sum")) == ("Paper", "Sum a list")


def test_own_version_of_a_card_wins(course: Path, own: Path) -> None:
    """A learner's file named like a deck changes cards of it, and adds to it; the rest stays."""
    (own / "paper.md").write_text(HEAD.format("Mine") + card("two", "Better.") + card("three"))
    found = library(course, own)
    assert [(c.slug, c.answer) for c in found.deck("paper").cards] == [
        ("one", "A."), ("two", "Better."), ("three", "A.")
    ]  # fmt: skip
    assert [place.card for place in found.places("paper")] == ["paper/one", "paper/two", "paper/three"]
    assert found.card("paper/two").path == own / "paper.md"
    assert found.title("paper") == "Paper"


def test_card_is_read_from_its_place_alone(course: Path, own: Path) -> None:
    """What is read from a place is the card of the whole deck."""
    found = library(course, own)
    for deck in found.decks:
        assert [found.card(c.id) for c in deck.cards] == list(deck.cards)


def test_places_are_kept_until_the_file_changes(
    course: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second command parses no deck that is as it was; one that changed is read again."""
    first = library(course, own)
    assert len(first.places("paper")) == 2
    first.save()
    with monkeypatch.context() as patch:
        patch.setattr("ml_katas.course.deck.Deck.load", None)
        second = library(course, own)
        assert second.places("paper") == first.places("paper")
        assert second.card("paper/two").answer == "A."
    with (course / "decks" / "paper.md").open("a") as file:
        file.write(card("three"))
    assert len(library(course, own).places("paper")) == 3


def test_broken_deck_hides_no_other(course: Path, own: Path) -> None:
    """A deck that cannot be read is a problem with file and line; a broken own one changes nothing."""
    (own / "half.md").write_text(HEAD.format("Half") + "\n## What?\n")
    (own / "paper.md").write_text("no front matter")
    found = library(course, own)
    assert [deck.name for deck in found.decks] == ["paper", "tiny-double", "tiny-sum"]
    assert [place.card for place in found.places("paper")] == ["paper/one", "paper/two"]
    assert sorted(f"{p.path.name}:{p.line}" for p in found.problems) == ["half.md:5", "paper.md:1"]


def test_unknown_names_are_answered_with_the_nearest(course: Path, own: Path) -> None:
    """A deck or a card that does not exist is a sentence with the way on."""
    found = library(course, own)
    with pytest.raises(UnknownDeck, match="No deck called 'papr'") as unknown:
        found.deck("papr")
    assert "Did you mean 'paper'?" in str(unknown.value)
    with pytest.raises(UsageError, match="No card called 'paper/three'"):
        found.card("paper/three")


def test_tracks_name_their_decks(course: Path) -> None:
    """A track of tracks.toml has the decks of its papers."""
    tracks = course / "tracks.toml"
    tracks.write_text(tracks.read_text() + 'decks = ["paper"]\n')
    assert Catalog((course,)).tracks[0].decks == ("paper",)
    Catalog((course,)).entries  # noqa: B018  writes the cache
    assert Catalog((course,)).tracks[0].decks == ("paper",)
