"""Cards as Anki's notes: fields of HTML, tags, a place in the tree, and the pictures they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from pathlib import Path

from ...course.deck import Card, Deck, with_pictures
from ...support.records import record
from ..html import HtmlWriter
from ..pictures import is_on_the_web, picture_file


@record(kw_only=True)
class AnkiNote:
    """What Anki shows of a card; `deck` is a name such as `mlkata::papers::gshard`."""

    card: str
    deck: str
    fields: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def content(self) -> str:
        """The hash of what a later export may change."""
        return content_of("\x1f".join(self.fields), " ".join(self.tags))


def content_of(fields: str, tags: str) -> str:
    """Return the hash of a note's fields and tags, both as Anki stores them."""
    return sha256(f"{fields}\x1e{tags.strip()}".encode()).hexdigest()


class NoteWriter:
    """Writes notes; afterwards `media` has the pictures by their names in Anki, `missing` those not found."""

    def __init__(self) -> None:
        self.media: dict[str, bytes] = {}
        self.missing: list[tuple[Card, str]] = []
        self._names: dict[Path, str] = {}
        self._html = HtmlWriter(self._source)
        self._card: Card | None = None

    def notes(self, deck: Deck, name: str) -> Iterator[AnkiNote]:
        """Yield a note for each card of *deck*, which is called *name* in Anki."""
        source = _source_of(deck)
        for card in deck.cards:
            fields = (card.id, *self._texts(card), source, card.kind.value, "", "", "")
            yield AnkiNote(card=card.id, deck=name, fields=fields, tags=_tags(deck, card))

    def _texts(self, card: Card) -> tuple[str, str, str]:
        self._card = card
        return (
            self._html.line(card.question),
            self._html.block(with_pictures(card.answer)),
            self._html.block(with_pictures(card.explanation)),
        )

    def _source(self, target: str) -> str:
        """Return the name of a picture in Anki, which tells its content: another one never replaces it."""
        assert self._card is not None
        if is_on_the_web(target):
            return target
        path = picture_file(target, self._card.path.parent)
        if path is None:
            self.missing.append((self._card, target))
            return ""
        if path not in self._names:
            content = path.read_bytes()
            digest = sha256(content).hexdigest()[:10]
            stem = re.sub(r"[^A-Za-z0-9-]+", "-", path.stem)[:60]
            self._names[path] = f"mlkata-{stem}-{digest}{path.suffix.lower()}"
            self.media[self._names[path]] = content
        return self._names[path]


def _source_of(deck: Deck) -> str:
    text = escape(deck.paper or deck.title, quote=False)
    return f'<a href="{escape(deck.url)}">{text}</a>' if deck.url else text


def _tags(deck: Deck, card: Card) -> tuple[str, ...]:
    words = (*deck.tags, f"kind::{card.kind.value}")
    return tuple(dict.fromkeys(re.sub(r"[\s\"]+", "-", word.strip()) for word in words))
