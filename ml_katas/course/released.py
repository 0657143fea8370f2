"""Ids of cards that were released: none is ever used for another card, or renamed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import InvalidDeck
from ..support.records import record
from .catalog import Catalog

LIST = "released-ids.txt"
_HEAD = """\
# Every id of a card that was ever released. None is renamed, taken out or given to another card.
# `mlkata cards lint --record` adds those of new cards.
"""


@record
class Released:
    """A list of ids, and the folders whose cards it holds: the decks beside it and the katas beside those."""

    path: Path
    folders: tuple[Path, ...]
    ids: tuple[str, ...]

    def lost(self, present: Iterable[str]) -> Iterator[InvalidDeck]:
        """Yield what is wrong where an id of the list is not *present*."""
        known = frozenset(present)
        for number, line in enumerate(_lines(self.path), 1):
            if line in self.ids and line not in known:
                problem = f"the card {line!r} is gone; an id that was released is never renamed or taken out"
                yield InvalidDeck(self.path, number, problem)

    def of(self, deck: str) -> tuple[str, ...]:
        """Return the ids of one deck."""
        return tuple(card for card in self.ids if card.partition("/")[0] == deck)

    def holds(self, path: Path) -> bool:
        """Return whether the ids of a file of cards belong into this list."""
        return any(folder in path.parents for folder in self.folders)

    def with_ids(self, new: Iterable[str]) -> str:
        """Return the text of the list with *new* ids added."""
        return _HEAD + "".join(f"{card}\n" for card in sorted({*self.ids, *new}))


def released_lists(catalog: Catalog) -> tuple[Released, ...]:
    """Return the lists of all folders of decks that have one."""
    return tuple(
        _read(catalog, folder / LIST) for folder in catalog.deck_folders if (folder / LIST).is_file()
    )


def _read(catalog: Catalog, path: Path) -> Released:
    decks = path.parent
    beside = [source for source in catalog.sources if decks.parent in (source, source.parent)]
    ids = tuple(line for line in _lines(path) if line and not line.startswith("#"))
    return Released(path, (decks, *beside), ids)


def _lines(path: Path) -> list[str]:
    from ..support.toml import read_text

    return [line.strip() for line in read_text(path).splitlines()]
