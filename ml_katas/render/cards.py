"""A card as it is asked, a sitting at its end, and a list of decks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from rich.console import RenderableType
from rich.text import Text

from ..cards.katas import DueKata
from ..cards.schedule import Rating
from ..cards.sitting import Sitting
from ..course.deck import Card, with_drawings
from ..support.clock import now
from .dates import returning
from .inline import inline
from .page import Page, View

_INDENT = 4  # of a block of code


def question_view(card: Card, deck: str, left: str) -> View:
    """Return the question of a card below the title of its deck and what is *left* to ask."""
    return View(lambda page: _question(page, card, deck, left))


def answer_view(card: Card, deck: str, left: str) -> View:
    """Return question, answer and explanation of a card."""
    return View(lambda page: _answer(page, card, deck, left))


def answer_lines(card: Card) -> View:
    """Return answer and explanation of a card alone."""
    return View(lambda page: _below(page, card))


def ratings_line(outcomes: dict[Rating, timedelta], at: datetime, width: int) -> str:
    """Return the four ratings with the day on which each brings the card back, in lines that fit."""
    parts = [f"{rating.value} {rating.name.lower()}" for rating in Rating]
    if outcomes:
        parts = [f"{part} {returning(outcomes[r], at)}" for part, r in zip(parts, Rating, strict=True)]
    whole = "   ".join(parts)
    if len(whole) < width:
        return whole
    first = max(len(parts[0]), len(parts[2])) + 3
    return f"{parts[0]:<{first}}{parts[1]}\n{parts[2]:<{first}}{parts[3]}"


def sitting_lines(sitting: Sitting) -> Iterator[str]:
    """Yield what a sitting came to."""
    ratings, left = sitting.ratings, sitting.left
    counts = [f"{ratings.count(rating)} {rating.name.lower()}" for rating in Rating if rating in ratings]
    asked = "1 card" if len(ratings) == 1 else f"{len(ratings)} cards"
    yield f"{asked} reviewed: {', '.join(counts)}." if ratings else "No card was reviewed."
    if left:
        yield f"{left} left; `mlkata review` goes on with {'it' if left == 1 else 'them'}."
        return
    at, due = now(), sitting.next_due()
    if due:
        yield f"The next card comes back in {returning(due - at, at)}."


def katas_lines(katas: Sequence[DueKata]) -> Iterator[str]:
    """Yield the katas that are to be done again."""
    if katas:
        yield "To do again, from a blank starter: " + ", ".join(kata.slug for kata in katas) + "."


def _question(page: Page, card: Card, deck: str, left: str) -> Iterator[RenderableType]:
    title = page.text(deck, "dim")
    title.truncate(max(8, page.width - len(left) - 2), overflow="ellipsis")
    yield from page.apart(title, Text(left, "dim"))
    yield Text()
    yield from page.wrapped(inline(page, card.question, "bold"))


def _answer(page: Page, card: Card, deck: str, left: str) -> Iterator[RenderableType]:
    yield from _question(page, card, deck, left)
    yield Text()
    yield from _below(page, card)


def _below(page: Page, card: Card) -> Iterator[RenderableType]:
    from .prose import Prose

    yield Prose(with_drawings(card.answer, page.width - _INDENT))
    if card.explanation:
        yield from (Text(), Text("Explanation", "dim"), Text())
        yield Prose(with_drawings(card.explanation, page.width - _INDENT))
