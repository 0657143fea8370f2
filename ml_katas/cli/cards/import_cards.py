"""`mlkata cards import`: cards from Obsidian."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..messages import closing_notices, counted, short
from ..options import Settings, common

if TYPE_CHECKING:
    from ...cards.obsidian.importing import CardsImport


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path), metavar="PATH")
@common
def import_cards(settings: Settings, path: Path) -> None:
    """Take cards from PATH, a note or a vault of Obsidian, into your own decks.

    Read are callouts, as in a clone of the Machine Learning Research Flashcards, and the cards of the plugin
    Spaced Repetition. Import again to take over what changed there; nothing in PATH is changed.
    """
    from ...cards.obsidian import importing

    with settings.state() as state, closing_notices(settings.screen, state):
        done = importing.import_cards(state, path)
    if settings.json:
        settings.screen.emit(_as_json(done))
        return
    for line in _in_words(done):
        settings.screen.say(line)
    for skipped in done.skipped:
        settings.screen.note(str(skipped))


def _in_words(done: CardsImport) -> Iterator[str]:
    kinds = Counter(taken.kind for taken in done.taken)
    said = [f"{kinds[kind]} {kind}" for kind in ("added", "updated", "unchanged", "kept") if kinds[kind]]
    pictures = f"; {counted(len(done.pictures), 'picture')} copied" if done.pictures else ""
    decks = counted(len(done.decks), "deck")
    yield f"{counted(len(done.taken), 'card')} in {decks}: {', '.join(said) or 'none'}{pictures}."
    for taken in done.taken:
        if taken.kind == "updated":
            yield f"  updated  {short(taken.path)}:{taken.line}  {taken.card}"
        if taken.kind == "kept":
            where = f"{short(taken.path)}:{taken.line}"
            yield f"  kept     {where}  {taken.card}: changed in both places; the deck's stays"


def _as_json(done: CardsImport) -> dict[str, Any]:
    return {
        "schema": "mlkata.cards-import/1",
        "path": str(done.path),
        "decks": list(done.decks),
        "cards": [
            {"card": taken.card, "outcome": taken.kind, "path": str(taken.path), "line": taken.line}
            for taken in done.taken
        ],
        "pictures": [str(path) for path in done.pictures],
        "skipped": [
            {"path": str(item.path), "line": item.line, "reason": item.reason} for item in done.skipped
        ],
    }
