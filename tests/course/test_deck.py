"""A deck is read strictly: what is not the format is an error with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_katas.course.deck import Card, CardKind, Deck, Picture, drawings_in, with_drawings, with_pictures
from ml_katas.errors import InvalidDeck

HEAD = """---
title: Tiny paper
paper: Nobody et al. 2020, Nothing
url: https://example.org/0
tags: [tiny]
---
"""
WHOLE = (
    HEAD
    + """
## What is $x$?

<!-- card: what-is-x -->

It is $1$.

### Explanation

Because it was $1$ before.

## Draw it.

<!-- card: draw; kind: drawing -->

![A line from x to y](drawings/line.svg)

```drawing
x ──────── y
```

```drawing
x ── y
```

A line.
"""
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tiny-paper.md"


def deck(path: Path, text: str) -> Deck:
    path.write_text(text, encoding="utf-8")
    return Deck.load(path)


def problem(path: Path, text: str) -> tuple[int | None, str]:
    """Return the line and the problem of a deck that is refused."""
    with pytest.raises(InvalidDeck) as caught:
        deck(path, text)
    assert caught.value.path == path
    return caught.value.line, caught.value.problem


def test_whole_deck_is_read(path: Path) -> None:
    """Front matter, questions, kinds, answers, explanations and lines are all there."""
    found = deck(path, WHOLE)
    assert (found.name, found.title, found.tags) == ("tiny-paper", "Tiny paper", ("tiny",))
    assert (found.paper, found.url) == ("Nobody et al. 2020, Nothing", "https://example.org/0")
    assert found.cards[0] == Card(
        id="tiny-paper/what-is-x",
        question="What is $x$?",
        answer="It is $1$.",
        explanation="Because it was $1$ before.",
        path=path,
        line=8,
        end=16,
    )
    assert (found.cards[1].kind, found.cards[1].line, found.cards[1].end) == (CardKind.DRAWING, 18, 32)
    assert (found.cards[1].deck, found.cards[1].slug) == ("tiny-paper", "draw")


def test_picture_is_for_browsers_and_the_drawing_for_terminals(path: Path) -> None:
    """Exports show the picture; a terminal shows the first drawing that fits, or else the words for it."""
    card = deck(path, WHOLE).cards[1]
    assert card.pictures == (Picture("A line from x to y", "drawings/line.svg"),)
    assert with_pictures(card.answer) == "![A line from x to y](drawings/line.svg)\n\nA line."
    assert with_drawings(card.answer) == "```drawing\nx ──────── y\n```\n\nA line."
    assert with_drawings(card.answer, width=8) == "```drawing\nx ── y\n```\n\nA line."
    assert with_drawings(card.answer, width=3) == "[A line from x to y: `drawings/line.svg`]\n\nA line."
    assert [drawing.columns for drawing in drawings_in(card)] == [12, 6]


def test_known_mistake_of_a_symptom(path: Path) -> None:
    """A card of the kind symptom can name the known mistake that it is about."""
    path.write_text("## What would you see?\n\n<!-- card: s; kind: symptom; mistake: squares -->\n\nA 4.\n")
    (card,) = Deck.of_kata(path, "tiny-double", title="T", tags=()).cards
    assert (card.id, card.kind, card.mistake) == ("tiny-double/s", CardKind.SYMPTOM, "squares")


def test_headings_in_code_are_no_cards(path: Path) -> None:
    """A line in a fence is code, whatever it looks like, also behind a fence of other marks."""
    body = "~~~\n```\n## not a card\n~~~\n\n```text\n### Explanation\n<!-- card: b -->\n```\n"
    (card,) = deck(path, f"{HEAD}## Q?\n<!-- card: a -->\n{body}").cards
    assert card.answer == body.strip()
    assert card.explanation == ""


CARD = "## Q?\n\n<!-- card: a -->\n\nA.\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("## Q?\n\n<!-- card: a -->\n\nA.\n", 1, "a deck begins with front matter"),
        ("---\ntitle: T\n\n## Q?\n", 1, "the front matter is not closed"),
        ("---\npaper: P\n---\n", 1, "'title' is missing in the front matter"),
        ("---\ntitle: T\ntagz: [a]\n---\n", 3, "unknown key 'tagz'. Did you mean 'tags'?"),
        ("---\ntitle: T\ntitle: U\n---\n", 3, "'title' is there twice"),
        ("---\ntitle: T\ntags: moe\n---\n", 3, "'tags' must be a list of words, not 'moe'"),
        ("---\ntitle: T\ntags: [1]\n---\n", 3, "'tags' must be a list of words, not [1]"),
        ("---\ntitle: 3\n---\n", 2, "'title' must be text, not 3"),
        ("---\ntitle: a: b\n---\n", 2, "not YAML: mapping values are not allowed here"),
        ("---\n- a\n---\n", 2, "the front matter must be lines such as 'title: Switch Transformer'"),
        ("---\ntitle: !!python/name:os.system\n---\n", 2, "not YAML: could not determine a constructor"),
        (HEAD + "Hello.\n\n" + CARD, 7, "text before the first card; a card begins with '## question'"),
        (HEAD + "## Q?\n\nA.\n", 7, "below its question a card needs a line such as <!-- card:"),
        (HEAD + "## Q?\n\n<!-- card: A b -->\n\nA.\n", 9, "a card is named by a slug, as in <!-- card:"),
        (HEAD + "## Q?\n\n<!-- card a -->\n\nA.\n", 9, "a card is named by a slug, as in <!-- card:"),
        (HEAD + "## Q?\n\n<!-- card: a; kind: wy -->\n\nA.\n", 9, "not 'wy'. Did you mean 'why'?"),
        (HEAD + "## Q?\n\n<!-- card: a; kin: why -->\n\nA.\n", 9, "unknown word 'kin'. Did you mean 'kind'?"),
        (HEAD + "## Q?\n\n<!-- card: a; kind -->\n\nA.\n", 9, "'kind' needs one value, as in <!-- card:"),
        (HEAD + "## Q?\n<!-- card: a; mistake: m -->\nA.\n", 8, "only a card of the kind symptom is about a"),
        (HEAD + "## Q?\n\n<!-- card: a -->\n", 7, "a card needs a question in its heading and an answer"),
        (HEAD + "## \n\n<!-- card: a -->\n\nA.\n", 7, "a card needs a question in its heading and an answer"),
        (HEAD + CARD + "\n" + CARD, 13, "the card id 'tiny-paper/a' is used twice, first in line 7"),
        (HEAD + CARD + "\n<!-- card: b -->\n\nB.\n", 13, "a second card begins here without a question"),
        (HEAD + CARD + "\n### More\n\nB.\n", 13, "below its answer a card has one heading"),
        (HEAD + CARD + "\n### Explanation\n", 13, "the explanation is empty"),
        (HEAD + CARD + "\n```python\nx\n\n" + CARD, 13, "this block is not closed; end it"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_line(path: Path, text: str, line: int, says: str) -> None:
    """Whatever is not the format is refused; nothing is guessed."""
    where, said = problem(path, text)
    assert where == line
    assert says in said


def test_decks_and_kata_cards_differ_in_front_matter(path: Path, tmp_path: Path) -> None:
    """A kata's cards have none, for its kata.toml says the same."""
    path.write_text(HEAD + CARD)
    with pytest.raises(InvalidDeck, match=r"tiny-paper.md:1: a kata's cards need no front matter"):
        Deck.of_kata(path, "tiny-double", title="T", tags=())
    odd = tmp_path / "Tiny paper.md"
    odd.write_text(HEAD + CARD)
    with pytest.raises(InvalidDeck, match="a deck's file must be named by a slug"):
        Deck.load(odd)


def test_file_that_is_no_text(path: Path) -> None:
    """Bytes that are no UTF-8 are an error of the author, with the place."""
    path.write_bytes(b"---\ntitle: \xff\n---\n")
    with pytest.raises(Exception, match="must be UTF-8 text"):
        Deck.load(path)
