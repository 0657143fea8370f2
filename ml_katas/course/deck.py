"""Flashcards: a kata's or a paper's deck, read strictly from Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from ..errors import InvalidDeck
from ..support.markdown import Numbered, Section, parted, sections
from ..support.records import record
from ..support.spelling import nearest
from ..support.toml import read_text
from .front_matter import FrontMatter, cut
from .slug import SLUG

_MARK = re.compile(r"<!--\s*card\b(?P<facts>.*?)-->")
_WORDS = ("kind", "mistake", "guid", "seen")
_EXAMPLE = "<!-- card: why-renormalise; kind: why -->"
_PICTURE = re.compile(
    r"^!\[(?P<alt>[^\]\n]*)\]\((?P<target>[^()\s]+)\)[ \t]*$"
    r"(?P<drawings>(?:\n(?:[ \t]*\n)*```drawing\n.*?\n```[ \t]*$)*)",
    re.MULTILINE | re.DOTALL,
)
_DRAWING = re.compile(r"^```drawing\n(.*?)\n```", re.MULTILINE | re.DOTALL)


class CardKind(StrEnum):
    """What a card asks for."""

    RECALL = "recall"
    SHAPE = "shape"
    WHY = "why"
    DRAWING = "drawing"
    SYMPTOM = "symptom"  # what would you see if …


@record
class Picture:
    """A picture of a card: the words for it, and the file that it is in, relative to the deck's folder."""

    alt: str
    target: str


@record
class Drawing:
    """A drawing in characters, as wide as its longest line."""

    text: str

    @property
    def columns(self) -> int:
        return max((len(line) for line in self.text.splitlines()), default=0)


@record(kw_only=True)
class Card:
    """A question and its answer, both Markdown; `id` is permanent: `moe-topk/why-renormalise`.

    `line` is its question's, `end` that of its text's last line, from 1. `mistake` is the name of the known
    mistake of a kata that a card of the kind symptom is about. An imported card has the `guid` that it has
    there, and in `seen` a hash of what was last read.
    """

    id: str
    question: str
    answer: str
    path: Path
    line: int
    end: int
    kind: CardKind = CardKind.RECALL
    explanation: str = ""
    mistake: str = ""
    guid: str = ""
    seen: str = ""

    @property
    def deck(self) -> str:
        """The name of the deck that the card belongs to: `moe-topk`."""
        return self.id.partition("/")[0]

    @property
    def slug(self) -> str:
        """The card's own part of its id: `why-renormalise`."""
        return self.id.partition("/")[2]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of question, answer and explanation, in this order."""
        texts = (self.question, self.answer, self.explanation)
        return tuple(Picture(m["alt"], m["target"]) for text in texts for m in _PICTURE.finditer(text))


@record(kw_only=True)
class Deck:
    """The cards of a kata or a paper, in file order; `name` is the kata's slug or the file's name."""

    name: str
    title: str
    path: Path
    cards: tuple[Card, ...] = ()
    paper: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Deck:
        """Return the deck in a file of a folder `decks`, which has front matter, or raise InvalidDeck."""
        return cls.parse(path, read_text(path))

    @classmethod
    def parse(cls, path: Path, markdown: str) -> Deck:
        """Return the deck that a file at *path* holds, or would hold, or raise InvalidDeck."""
        if not SLUG.fullmatch(path.stem):
            raise InvalidDeck(path, None, "a deck's file must be named by a slug: switch-transformer.md")
        facts, text = cut(path, markdown)
        if facts is None:
            raise InvalidDeck(path, 1, "a deck begins with front matter: ---, title: …, ---")
        return cls._of(path, path.stem, facts, text)

    @classmethod
    def of_kata(cls, path: Path, slug: str, *, title: str, tags: tuple[str, ...]) -> Deck:
        """Return the deck in the `cards.md` of a kata, which has no front matter, or raise InvalidDeck."""
        facts, text = cut(path, read_text(path))
        if facts is not None:
            raise InvalidDeck(path, 1, "a kata's cards need no front matter; kata.toml has title and tags")
        return cls._of(path, slug, FrontMatter(title, tags=tags), text)

    @classmethod
    def _of(cls, path: Path, name: str, facts: FrontMatter, text: str) -> Deck:
        cards = tuple(_cards(path, name, text))
        return cls(
            name=name,
            title=facts.title,
            path=path,
            cards=cards,
            paper=facts.paper,
            url=facts.url,
            tags=facts.tags,
        )


def with_pictures(markdown: str) -> str:
    """Return *markdown* without the drawings in characters that stand below a picture: for a browser."""
    return _PICTURE.sub(lambda match: match[0].removesuffix(match["drawings"]), markdown)


def with_drawings(markdown: str, width: int = 80) -> str:
    """Return *markdown* with drawings in characters in place of their pictures: for a terminal.

    Of several drawings the first that fits into *width* columns is taken. Where none does, the words for the
    picture and its file take its place.
    """

    def drawn(match: re.Match[str]) -> str:
        drawings = [Drawing(text) for text in _DRAWING.findall(match["drawings"])]
        fitting = (f"```drawing\n{drawing.text}\n```" for drawing in drawings if drawing.columns <= width)
        return next(fitting, f"[{match['alt']}: `{match['target']}`]")

    return _PICTURE.sub(drawn, markdown)


def with_drawings_of(markdown: str, other: str) -> str:
    """Return *markdown* with the drawings in characters that its pictures have in *other*."""
    drawings = {match["alt"]: match["drawings"] for match in _PICTURE.finditer(other)}

    def drawn(match: re.Match[str]) -> str:
        return match[0] if match["drawings"] else match[0] + drawings.get(match["alt"], "")

    return _PICTURE.sub(drawn, markdown)


def drawings_in(card: Card) -> tuple[Drawing, ...]:
    """Return the drawings in characters of a card, those without a picture too."""
    return tuple(Drawing(text) for text in _DRAWING.findall(f"{card.answer}\n\n{card.explanation}"))


def card_in(path: Path, card_id: str, line: int, end: int) -> Card:
    """Return the card of this id that stands in these lines of a file, or raise InvalidDeck."""
    lines = read_text(path).splitlines()[line - 1 : end]
    parts = sections("\n" * (line - 1) + "\n".join(lines))
    owner = card_id.partition("/")[0]
    for part in parts:
        card = card_of(path, owner, part)
        if card.id == card_id:
            return card
    raise InvalidDeck(path, line, f"the card {card_id!r} is gone")


def _cards(path: Path, owner: str, text: str) -> Iterator[Card]:
    _refuse_open_fence(path, text)
    _refuse_text_before_the_first_card(path, text)
    lines: dict[str, int] = {}
    for part in sections(text):
        card = card_of(path, owner, part)
        if card.id in lines:
            problem = f"the card id {card.id!r} is used twice, first in line {lines[card.id]}"
            raise InvalidDeck(path, part.line, f"{problem}; ids are permanent")
        lines[card.id] = part.line
        yield card


def _refuse_open_fence(path: Path, text: str) -> None:
    """A block that is never closed would hide the cards below it."""
    _, fences = parted(enumerate(text.splitlines(), 1))
    for fence in fences:
        if not fence.is_closed:
            raise InvalidDeck(path, fence.line, "this block is not closed; end it with the same marks")


def _refuse_text_before_the_first_card(path: Path, text: str) -> None:
    for number, line in _outside_fences(text):
        if line.startswith("## "):
            return
        if line.strip() and not line.startswith("# "):
            raise InvalidDeck(path, number, "text before the first card; a card begins with '## question'")


def card_of(path: Path, owner: str, part: Section) -> Card:
    """Return the card that a section of *owner*'s deck is, or raise InvalidDeck."""
    mark, _, text = part.body.partition("\n")
    match = _MARK.fullmatch(mark.strip())
    if match is None:
        problem = f"below its question a card needs a line such as {_EXAMPLE}"
        raise InvalidDeck(path, part.line, problem)
    slug, facts = _facts(path, part.body_line, match["facts"])
    _refuse_second_mark(path, part)
    answer, explanation = _answer(path, part, text)
    if not part.title or not answer:
        raise InvalidDeck(path, part.line, "a card needs a question in its heading and an answer below it")
    return Card(
        id=f"{owner}/{slug}",
        question=part.title,
        answer=answer,
        path=path,
        line=part.line,
        end=part.end,
        kind=_kind(path, part.body_line, facts),
        explanation=explanation,
        mistake=facts.get("mistake", ""),
        guid=_unquoted(facts.get("guid", "")),
        seen=facts.get("seen", ""),
    )


def _facts(path: Path, line: int, text: str) -> tuple[str, dict[str, str]]:
    """Return the slug of a card and what else its comment says, by key."""
    parts = [part.strip() for part in text.split(";")]
    slug = parts[0].removeprefix(":").strip()
    if not parts[0].startswith(":") or not SLUG.fullmatch(slug):
        raise InvalidDeck(path, line, f"a card is named by a slug, as in {_EXAMPLE}")
    facts: dict[str, str] = {}
    for part in parts[1:]:
        key, colon, value = (piece.strip() for piece in part.partition(":"))
        if key not in _WORDS:
            raise InvalidDeck(path, line, f"unknown word {key!r}.{nearest(key, _WORDS)}")
        if key in facts or not colon or not value:
            raise InvalidDeck(path, line, f"{key!r} needs one value, as in {_EXAMPLE}")
        facts[key] = value
    return slug, facts


def _unquoted(guid: str) -> str:
    """Return the guid of another tool, whose odd characters are written as in an address."""
    from urllib.parse import unquote

    return unquote(guid) if guid else ""


def _kind(path: Path, line: int, facts: dict[str, str]) -> CardKind:
    names = [kind.value for kind in CardKind]
    name = facts.get("kind", CardKind.RECALL.value)
    if name not in names:
        problem = f"'kind' must be {' | '.join(names)}, not {name!r}.{nearest(name, names)}"
        raise InvalidDeck(path, line, problem)
    if "mistake" in facts and name != CardKind.SYMPTOM:
        raise InvalidDeck(path, line, "only a card of the kind symptom is about a known mistake")
    return CardKind(name)


def _refuse_second_mark(path: Path, part: Section) -> None:
    for number, line in _outside_fences(part.body):
        if number > 1 and _MARK.search(line):
            where = part.body_line + number - 1
            raise InvalidDeck(path, where, "a second card begins here without a question above it")


def _answer(path: Path, part: Section, text: str) -> tuple[str, str]:
    """Return what stands above and below the heading `### Explanation`."""
    lines = text.split("\n")
    heads = [(n, line) for n, line in _outside_fences(text) if line.startswith("### ")]
    for number, (place, line) in enumerate(heads):
        if number or line[4:].strip() != "Explanation":
            where = part.body_line + place
            raise InvalidDeck(path, where, "below its answer a card has one heading, '### Explanation'")
    if not heads:
        return text.strip(), ""
    explanation = "\n".join(lines[heads[0][0] :]).strip()
    if not explanation:
        raise InvalidDeck(path, part.body_line + heads[0][0], "the explanation is empty")
    return "\n".join(lines[: heads[0][0] - 1]).strip(), explanation


def _outside_fences(text: str) -> tuple[Numbered, ...]:
    """Return the lines of *text* that are no code, numbered from 1."""
    return parted(enumerate(text.splitlines(), 1))[0]
