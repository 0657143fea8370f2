"""The decks of this project: whole, readable in a terminal, and true to the ids that were released."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ml_katas.cards.lint import findings
from ml_katas.course.catalog import Catalog
from ml_katas.course.deck import CardKind, Deck, drawings_in
from ml_katas.course.library import Library
from ml_katas.course.released import released_lists

ROOT = Path(__file__).parent.parent
PAPERS = sorted((ROOT / "decks").glob("*.md"))


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(Catalog((ROOT / "katas",), decks=ROOT / "decks"))


def test_nothing_is_wrong_with_them(library: Library) -> None:
    """Formulas can be shown, pictures exist, no question is asked twice, no id is lost."""
    assert [str(problem) for problem in findings(library)] == []


def test_every_id_is_in_the_list(library: Library) -> None:
    """New cards are added to released-ids.txt by `mlkata cards lint --record`."""
    (released,) = released_lists(library.catalog)
    ids = {card.id for deck in library.decks for card in deck.cards if released.holds(card.path)}
    assert ids == set(released.ids)


def test_seven_papers_have_decks(library: Library) -> None:
    """The seven papers of the track moe have eight cards or more, and the track names their decks."""
    assert {path.stem for path in PAPERS} == {
        "sparsely-gated-moe",
        "switch-transformer",
        "gshard",
        "st-moe",
        "expert-choice",
        "mixtral",
        "deepseek-moe",
    }
    moe = next(track for track in library.catalog.tracks if track.name == "moe")
    assert set(moe.decks) == {path.stem for path in PAPERS}
    assert all(len(Deck.load(path).cards) >= 8 for path in PAPERS)


def test_drawings_are_there_for_browsers_and_for_narrow_terminals(library: Library) -> None:
    """A card that asks for a drawing has a picture that is whole SVG, and one in 36 columns of characters."""
    asked = [card for deck in library.decks for card in deck.cards if card.kind is CardKind.DRAWING]
    assert len(asked) == 2
    for card in asked:
        (picture,) = card.pictures
        root = ET.parse(card.path.parent / picture.target).getroot()
        assert root.find("{http://www.w3.org/2000/svg}title") is not None
        assert min(drawing.columns for drawing in drawings_in(card)) <= 36
