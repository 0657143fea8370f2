"""Cards as lines of a note, with links to their pictures."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import quote

from ...course.deck import Card, Deck, with_pictures
from ...support.records import record
from ..pictures import is_on_the_web, picture_file
from . import callouts, spaced
from .note import Style, id_line, trimmed
from .unwrap import unwrapped
from .vault import hash_of

PICTURES = "drawings"
_IMAGE = re.compile(r"!\[(?P<alt>[^\]\n]*)\]\((?P<target>[^()\s]+)\)")


@record(kw_only=True)
class WrittenCard:
    """A card as it is written into a note, and the pictures that it shows by their names in the vault."""

    lines: tuple[str, ...]
    pictures: dict[str, bytes]

    @property
    def marks(self) -> tuple[str, ...]:
        """The hashes of the text and of each picture."""
        return (hash_of(trimmed(self.lines)), *map(hash_of, self.pictures.values()))


class CardWriter:
    """Writes cards for notes below *folder*; `missing` are sentences about pictures that are not there."""

    def __init__(self, folder: Path, style: Style) -> None:
        self.missing: list[str] = []
        self._pictures = folder / PICTURES
        self._is_callouts = style is Style.CALLOUTS

    def written(self, card: Card, note: Path) -> WrittenCard:
        """Return *card* as it is to stand in *note*."""
        pictures: dict[str, bytes] = {}
        texts = (card.question, *(unwrapped(with_pictures(t)) for t in (card.answer, card.explanation)))
        linked = [self._linked(text, card, note, pictures) for text in texts]
        write = callouts.written if self._is_callouts else spaced.written
        return WrittenCard(lines=tuple(write(*linked)), pictures=pictures)

    def with_id(self, card: Card, written: WrittenCard, lines: list[str]) -> list[str]:
        """Return the *lines* of a card with its id where the style wants it."""
        comment = id_line(card.id, written.marks)
        return [*lines, "", comment] if self._is_callouts else [comment, "", *lines]

    @property
    def between(self) -> list[str]:
        """What stands between two cards."""
        return [*callouts.SEPARATOR] if self._is_callouts else [""]

    def head(self, deck: Deck, branch: str) -> list[str]:
        """Return the first lines of a note for *deck*."""
        facts = {"title": deck.title, "paper_title": deck.paper, "paper_url": deck.url}
        lines = ["---", *(f"{key}: {json.dumps(v, ensure_ascii=False)}" for key, v in facts.items() if v)]
        tags = [re.sub(r"[^\w/-]+", "-", tag.strip()) for tag in deck.tags]
        lines += [f"tags: [{', '.join(tags)}]"] if tags else []
        lines += ["---", ""]
        return lines if self._is_callouts else [*lines, f"{spaced.TAG}/mlkata/{branch}/{deck.name}", ""]

    def _linked(self, text: str, card: Card, note: Path, pictures: dict[str, bytes]) -> str:
        """Return *text* with links to where its pictures are in the vault, as seen from *note*."""

        def link(match: re.Match[str]) -> str:
            if is_on_the_web(match["target"]):
                return match[0]
            file = picture_file(match["target"], card.path.parent)
            if file is None:
                self._miss(f"{card.path}:{card.line}: the picture {match['target']} is missing")
                return f"*[{match['alt']}]*"
            name = _picture_name(card, match["target"])
            pictures[name] = file.read_bytes()
            target = os.path.relpath(self._pictures / name, note.parent)
            return f"![{match['alt']}]({quote(Path(target).as_posix())})"

        return _IMAGE.sub(link, text)

    def _miss(self, sentence: str) -> None:
        if sentence not in self.missing:
            self.missing.append(sentence)


def _picture_name(card: Card, target: str) -> str:
    """Return the name of a picture in the vault, which begins with its deck's."""
    stem, dot, suffix = target.rpartition(".")
    name = re.sub(r"[^A-Za-z0-9]+", "-", stem.removeprefix(f"{PICTURES}/")).strip("-")
    begins = name if name.startswith(card.deck) else f"{card.deck}-{name}"
    return f"{begins}{dot}{suffix.lower()}"
