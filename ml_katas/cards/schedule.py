"""When something comes back: FSRS-6 as py-fsrs computes it, without its random fuzz, in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from ..support.records import record

if TYPE_CHECKING:
    import fsrs

# A kata takes many minutes, so it may be forgotten more often than a card before it comes back.
CARD_RETENTION, KATA_RETENTION = 0.9, 0.8


class Rating(IntEnum):
    """How well something was remembered."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class Phase(IntEnum):
    """Where an item stands: short steps at first and after a lapse, whole days otherwise."""

    LEARNING = 1
    REVIEW = 2
    RELEARNING = 3


@record(kw_only=True)
class Memory:
    """What FSRS knows of a card or a kata after its last review, the one of the number `review`."""

    phase: Phase
    step: int | None
    stability: float
    difficulty: float
    due: datetime
    last_review: datetime
    review: int = 0


def after(memory: Memory | None, rating: Rating, at: datetime, *, is_kata: bool = False) -> Memory:
    """Return the memory of an item that was rated at this moment; one that is new has none before."""
    import fsrs

    card, _ = _scheduler(is_kata).review_card(_card(memory, at), fsrs.Rating(rating), at)
    assert card.stability is not None
    assert card.difficulty is not None
    assert card.last_review is not None
    return Memory(
        phase=Phase(card.state),
        step=card.step,
        stability=card.stability,
        difficulty=card.difficulty,
        due=card.due,
        last_review=card.last_review,
    )


def outcomes(memory: Memory | None, at: datetime) -> dict[Rating, timedelta]:
    """Return after which time a card comes back for each rating."""
    return {rating: after(memory, rating, at).due - at for rating in Rating}


def retrievability(memory: Memory, at: datetime) -> float:
    """Return how likely a card is to be remembered at this moment."""
    return float(_scheduler(False).get_card_retrievability(_card(memory, at), at))


def _card(memory: Memory | None, at: datetime) -> fsrs.Card:
    import fsrs

    if memory is None:
        return fsrs.Card(card_id=0, due=at)  # without a number it waits for a millisecond to find one
    return fsrs.Card(
        card_id=0,
        state=fsrs.State(memory.phase),
        step=memory.step,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due,
        last_review=memory.last_review,
    )


def _scheduler(is_kata: bool) -> fsrs.Scheduler:
    """Return the scheduler of cards or of katas, which have no steps of minutes."""
    import fsrs

    if is_kata:
        return fsrs.Scheduler(
            desired_retention=KATA_RETENTION, learning_steps=(), relearning_steps=(), enable_fuzzing=False
        )
    return fsrs.Scheduler(desired_retention=CARD_RETENTION, enable_fuzzing=False)
