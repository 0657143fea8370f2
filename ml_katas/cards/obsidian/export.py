"""`mlkata cards export obsidian`: cards as notes of a vault, and later changes to them.

A card that was exported has a comment with its id and hashes of what was written. Where text and hash still
agree, a later export may replace it; where they do not, the learner changed it, and it stays.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path

from ...course.deck import Card, Deck
from ...course.library import Library
from ...errors import UsageError
from ...support.files import as_file_error, write_new, write_whole
from ...support.records import record
from ..branches import branch_of, chosen
from .converting import one_line
from .note import Block, Style, VaultNote
from .vault import LineEdit, cards_in, hash_of, notes_in, save, usable
from .writing import PICTURES, CardWriter, WrittenCard

_ADVICE = "Choose another folder."


@record(kw_only=True)
class Change:
    """What became of a card: `added`, `updated`, `unchanged`, or `kept` because the learner changed it.

    `outdated` says of a kept one that the deck's own version is another one by now.
    """

    kind: str
    card: str
    path: Path
    line: int = 0
    outdated: bool = False


@record(kw_only=True)
class ObsidianExport:
    """What became of each card and picture; `skipped` are sentences about what could not be done."""

    folder: Path
    style: Style
    decks: tuple[str, ...]
    changes: tuple[Change, ...]
    pictures: tuple[Path, ...]
    kept_pictures: tuple[Path, ...]
    skipped: tuple[str, ...]


@record
class _Place:
    """Where a card of ours stands in the vault."""

    note: VaultNote
    block: Block


def export_to_obsidian(
    library: Library, folder: Path, decks: tuple[str, ...] = (), style: Style | None = None
) -> ObsidianExport:
    """Write the named decks, or all, below *folder*; what the learner wrote there stays as it is."""
    usable(folder)
    named = chosen(library, decks)
    vault = _Vault(folder)
    vault.refuse_other_style(named, style)
    plan = _Plan(library, vault, style or vault.style)
    for deck in named:
        plan.add(deck)
    plan.carry_out()
    return ObsidianExport(
        folder=folder,
        style=plan.style,
        decks=tuple(deck.name for deck in named),
        changes=tuple(plan.changes),
        pictures=tuple(plan.pictures),
        kept_pictures=tuple(plan.kept_pictures),
        skipped=(*vault.unread, *plan.skipped),
    )


class _Vault:
    """The cards of ours that a vault holds, by their ids, and the hashes of pictures written there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unread: list[str] = []
        self.places: dict[str, list[_Place]] = defaultdict(list)
        self.picture_hashes: set[str] = set()
        self._questions: set[str] = set()  # of cards without an id
        for note in notes_in(folder, (b"guid:", b"[!question]", b"#flashcards")):
            if isinstance(note, VaultNote):
                self._add(note)
            else:
                self.unread.append(f"{note[0]} {note[1]}; it is left alone")

    def _add(self, note: VaultNote) -> None:
        for block in cards_in(note):
            if isinstance(block, Block) and block.guid:
                self.places[block.guid].append(_Place(note, block))
                self.picture_hashes.update(block.marks[1:])
            elif isinstance(block, Block):
                self._questions.add(one_line(block.question, lambda _: ""))

    def has_original(self, card: Card) -> bool:
        """Return whether an imported card stands here as it was before it was imported."""
        return bool(card.guid) and (card.guid in self.places or card.question in self._questions)

    @property
    def style(self) -> Style:
        """The style that cards of ours have here."""
        ours = (place.block.style for places in self.places.values() for place in places if place.block.marks)
        return next(ours, Style.CALLOUTS)

    def refuse_other_style(self, decks: Sequence[Deck], style: Style | None) -> None:
        """Raise UsageError where these decks stand here in another style than the one that is asked for."""
        cards = (card.id for deck in decks for card in deck.cards)
        for place in (place for card in cards for place in self.places.get(card, ())):
            there = place.block.style.value
            if style and there != style:
                advice = f"`--style {there}` updates them; another folder can have the other style."
                raise UsageError(f"{place.note.path} has these cards as {there}.", advice)


class _Plan:
    """What is to change in a vault; nothing is written before `carry_out`."""

    def __init__(self, library: Library, vault: _Vault, style: Style) -> None:
        self.style = style
        self.changes: list[Change] = []
        self.pictures: list[Path] = []
        self.kept_pictures: list[Path] = []
        self._library = library
        self._vault = vault
        self._writers = {style: CardWriter(vault.folder, style) for style in Style}
        self._edits: dict[Path, tuple[VaultNote, list[LineEdit]]] = {}
        self._new: dict[Path, list[str]] = {}
        self._media: dict[str, bytes] = {}
        self._unsaved: list[str] = []

    @property
    def skipped(self) -> tuple[str, ...]:
        """Sentences about what could not be done."""
        missing = (sentence for writer in self._writers.values() for sentence in writer.missing)
        return (*dict.fromkeys(missing), *self._unsaved)

    def add(self, deck: Deck) -> None:
        """Plan what changes for a deck: its cards where they stand, new ones behind those before them."""
        cards = [card for card in deck.cards if not self._vault.has_original(card)]
        places = {card.id: self._vault.places.get(card.id, []) for card in cards}
        before = next((found[0] for found in places.values() if found), None)
        path = self._free_path(deck)
        for card in cards:
            for place in places[card.id]:
                self._change(card, place)
            if before is None:
                self._append(card, deck, path)
            elif not places[card.id]:
                self._insert(card, before)
            elif places[card.id][0].note is before.note:
                before = places[card.id][0]

    def _change(self, card: Card, place: _Place) -> None:
        note, block = place.note, place.block
        written = self._writers[block.style].written(card, note.path)
        own = hash_of(block.own)
        is_same = own == written.marks[0] and block.marks == written.marks
        is_ours = own == written.marks[0] or own in block.marks[:1]
        kind = "unchanged" if is_same else "updated" if is_ours else "kept"
        outdated = not is_ours and block.marks != written.marks
        self.changes.append(
            Change(kind=kind, card=card.id, path=note.path, line=block.line, outdated=outdated)
        )
        self._media |= written.pictures if is_ours else {}
        if kind == "updated":
            self._edit(note, LineEdit(block.start, block.end, self._replaced(card, written, block)))

    def _replaced(self, card: Card, written: WrittenCard, block: Block) -> tuple[str, ...]:
        """Return the lines of a card that is written anew; what a plugin wrote behind it stays."""
        same_line, *more = block.tail.split("\n")
        lines = [*written.lines[:-1], written.lines[-1] + same_line]
        return (*self._writers[block.style].with_id(card, written, lines), *more)

    def _insert(self, card: Card, before: _Place) -> None:
        """Put a new card behind the one that stands before it in its deck."""
        note, style = before.note, before.block.style
        lines = (*self._writers[style].between, *self._item(card, note.path, style))
        self._edit(note, LineEdit(before.block.end, before.block.end, lines))
        self.changes.append(Change(kind="added", card=card.id, path=note.path))

    def _append(self, card: Card, deck: Deck, path: Path) -> None:
        if path in self._new:
            self._new[path] += self._writers[self.style].between
        else:
            self._new[path] = self._writers[self.style].head(deck, branch_of(self._library, deck))
        self._new[path] += self._item(card, path, self.style)
        self.changes.append(Change(kind="added", card=card.id, path=path))

    def _item(self, card: Card, path: Path, style: Style) -> list[str]:
        written = self._writers[style].written(card, path)
        self._media |= written.pictures
        return self._writers[style].with_id(card, written, [*written.lines])

    def _edit(self, note: VaultNote, edit: LineEdit) -> None:
        self._edits.setdefault(note.path, (note, []))[1].append(edit)

    def _free_path(self, deck: Deck) -> Path:
        """Return where a deck that is not in the vault yet goes: a name that nothing has."""
        folder = self._vault.folder / branch_of(self._library, deck)
        ends = chain(("", "-cards"), (f"-cards-{number}" for number in count(2)))
        paths = (folder / f"{deck.name}{end}.md" for end in ends)
        return next(path for path in paths if not os.path.lexists(path))

    def carry_out(self) -> None:
        """Write pictures, then notes."""
        for name, content in self._media.items():
            self._write_picture(self._vault.folder / PICTURES / name, content)
        for note, edits in self._edits.values():
            if not save(note, edits):
                self._unsaved.append(f"{note.path} was saved meanwhile; run the command again")
                self.changes = [change for change in self.changes if change.path != note.path]
        for path, lines in self._new.items():
            with as_file_error(path, "written", _ADVICE):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_new(path, ("\n".join(lines) + "\n").encode())

    def _write_picture(self, path: Path, content: bytes) -> None:
        with as_file_error(path, "written", _ADVICE):
            there = path.read_bytes() if path.exists() else None
            if there == content:
                return
            if there is not None and hash_of(there) not in self._vault.picture_hashes:
                self.kept_pictures.append(path)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        self.pictures.append(path)
