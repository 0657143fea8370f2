"""The learner's own cards: added to a deck in the workspace, or their version of another deck's card."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path
from urllib.parse import quote

from ..course.deck import Card, CardKind, Deck
from ..course.library import Library
from ..course.slug import SLUG
from ..errors import UsageError
from ..support.files import as_file_error, write_whole
from ..support.records import record
from ..support.toml import read_text

MINE = "my-cards"  # the deck that cards are added to where none is named
_LONGEST_SLUG = 6  # words


@record
class OwnCard:
    """A card in the learner's own file; `original` is the text that it was copied from, if it was."""

    id: str
    path: Path
    line: int
    original: str = ""


def draft_of(
    library: Library,
    deck: str,
    question: str,
    answer: str,
    *,
    kind: CardKind = CardKind.RECALL,
    explanation: str = "",
    slug: str = "",
) -> Card:
    """Return a card to add to *deck*; without a *slug* it is named after its question."""
    taken = frozenset(place.card for place in library.places(deck)) if deck in library.names else frozenset()
    name = slug or slug_of(question, deck, taken)
    return Card(
        id=f"{deck}/{name}",
        question=" ".join(question.split()),
        answer=answer.strip(),
        path=Path(f"{deck}.md"),
        line=1,
        end=1,
        kind=kind,
        explanation=explanation.strip(),
    )


def add_card(library: Library, folder: Path, draft: Card) -> OwnCard:
    """Append a card to a deck in *folder*, which is made where it is missing; its id must be new."""
    if not SLUG.fullmatch(draft.deck):
        raise UsageError(f"A deck is named by a slug such as 'my-cards', not {draft.deck!r}.")
    if not SLUG.fullmatch(draft.slug):
        raise UsageError(f"A card is named by a slug such as 'why-renormalise', not {draft.slug!r}.")
    is_there = draft.deck in library.names
    if is_there and draft.id in {place.card for place in library.places(draft.deck)}:
        raise UsageError(f"There is a card called {draft.id!r} already.", "Give the new one another --slug.")
    title = library.title(draft.deck) if is_there else draft.deck.replace("-", " ").capitalize()
    return _append(folder / f"{draft.deck}.md", title, draft.id, text_of(draft))


def slug_of(question: str, deck: str, taken: frozenset[str]) -> str:
    """Return a slug made of the first words of a question, which no other card of the deck has."""
    plain = unicodedata.normalize("NFKD", question).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain)[:_LONGEST_SLUG]) or "card"
    numbered = (slug if n == 1 else f"{slug}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in numbered if f"{deck}/{name}" not in taken)


def text_of(card: Card) -> str:
    """Return a card as it stands in a deck."""
    facts = [card.slug, *([f"kind: {card.kind}"] if card.kind is not CardKind.RECALL else [])]
    facts += [f"mistake: {card.mistake}"] if card.mistake else []
    facts += [f"guid: {quote(card.guid, safe='')}"] if card.guid else []
    facts += [f"seen: {card.seen}"] if card.seen else []
    text = f"## {card.question}\n\n<!-- card: {'; '.join(facts)} -->\n\n{card.answer}\n"
    return f"{text}\n### Explanation\n\n{card.explanation}\n" if card.explanation else text


def editable(library: Library, folder: Path, card_id: str) -> OwnCard:
    """Return a card in the learner's own file, copied there first where it came with a deck."""
    card = library.card(card_id)
    if card.path.parent == folder:
        return OwnCard(card.id, card.path, card.line)
    text = "\n".join(read_text(card.path).splitlines()[card.line - 1 : card.end]) + "\n"
    _copy_pictures(card, folder)
    own = _append(folder / f"{card.deck}.md", library.deck(card.deck).title, card.id, text)
    return OwnCard(own.id, own.path, own.line, text)


def forget_if_unchanged(own: OwnCard) -> bool:
    """Take a copied card out again where nothing was changed in it, and return whether that was so.

    So the card goes on to follow the deck that it came with.
    """
    if not own.original:
        return False
    text = read_text(own.path)
    if not text.endswith(own.original):
        return False
    rest = text.removesuffix(own.original)
    with as_file_error(own.path, "written"):
        if "\n## " in rest:
            write_whole(own.path, (rest.rstrip() + "\n").encode())
        else:
            own.path.unlink()
    return True


def _append(path: Path, title: str, card_id: str, text: str) -> OwnCard:
    """Write a card at the end of a deck, which is read first and must be whole before and after."""
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    before = f'---\ntitle: "{quoted}"\n---\n'
    cards = 0
    if path.is_file():
        cards = len(Deck.load(path).cards)
        before = read_text(path).rstrip() + "\n"
    whole = f"{before}\n{text}"
    now = Deck.parse(path, whole).cards
    if len(now) != cards + 1 or now[-1].id != card_id:
        raise UsageError(
            "A card has no heading of its own but '### Explanation'.", "Leave out lines with ##."
        )
    with as_file_error(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, whole.encode())
    return OwnCard(card_id, path, now[-1].line)


def _copy_pictures(card: Card, folder: Path) -> None:
    for picture in card.pictures:
        source, target = card.path.parent / picture.target, folder / picture.target
        if source.is_file() and not target.exists() and folder.resolve() in target.resolve().parents:
            with as_file_error(target, "written"):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
