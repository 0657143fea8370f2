"""The page about cards shows a deck that is one."""

from __future__ import annotations

import re
from pathlib import Path

from ml_katas.course.deck import Deck
from tests.docs.pages import PAGES


def test_the_deck_of_the_page_is_one(tmp_path: Path) -> None:
    """The deck that the page about cards shows can be read."""
    lines = re.search(r"^    ---\n.*?^- ", PAGES["cards.md"], re.MULTILINE | re.DOTALL)
    assert lines
    path = tmp_path / "switch-transformer.md"
    path.write_text("\n".join(line[4:] for line in lines[0].splitlines()[:-1]))
    (card,) = Deck.load(path).cards
    assert (card.id, card.explanation != "") == ("switch-transformer/output", True)
