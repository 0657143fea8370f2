"""`mlkata cards show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ...cards.plan import library_of
from ...cards.reviews import Reviews
from ...support.clock import now
from ..messages import closing_notices, short
from ..options import Settings, common

if TYPE_CHECKING:
    from ...cards.schedule import Memory
    from ...course.deck import Card


@click.command()
@click.argument("card", metavar="CARD")
@common
def show(settings: Settings, card: str) -> None:
    """Show a CARD, named as `mlkata cards list --deck` does: question, answer, when it comes back."""
    with settings.state() as state, closing_notices(settings.screen, state):
        library = library_of(state)
        found = library.card(card)
        title = library.title(found.deck)
        reviews = Reviews(state.progress.database) if state.has_progress else None
        memory = reviews.memory(card) if reviews else None
        is_suspended = reviews is not None and card in reviews.suspended()
    if settings.json:
        settings.screen.emit(_as_json(found, memory, is_suspended))
        return
    from ...render.cards import answer_view
    from ...render.dates import local

    settings.screen.draw(answer_view(found, title, found.kind.value))
    settings.screen.say()
    due = "suspended" if is_suspended else f"due {local(memory.due)}" if memory else "new"
    settings.screen.say(f"{found.id} · {due} · {short(found.path)}:{found.line}")


def _as_json(card: Card, memory: Memory | None, is_suspended: bool) -> dict[str, Any]:
    return {
        "schema": "mlkata.cards-show/1",
        **card_as_json(card, memory, is_suspended),
        "answer": card.answer,
        "explanation": card.explanation,
        "pictures": [str(card.path.parent / picture.target) for picture in card.pictures],
        "mistake": card.mistake or None,
    }


def card_as_json(card: Card, memory: Memory | None, is_suspended: bool) -> dict[str, Any]:
    """Return what a list of cards holds of one."""
    return {
        "card": card.id,
        "kind": card.kind.value,
        "question": card.question,
        "path": str(card.path),
        "line": card.line,
        "state": state_of(memory, is_suspended),
        "due": memory.due.isoformat() if memory else None,
    }


def state_of(memory: Memory | None, is_suspended: bool) -> str:
    """Return suspended, new, due, or the phase that a card is in."""
    if is_suspended:
        return "suspended"
    if memory is None:
        return "new"
    return "due" if memory.due <= now() else memory.phase.name.lower()
