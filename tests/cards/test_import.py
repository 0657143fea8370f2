"""Cards from a vault: callouts, notes of the plugin Spaced Repetition, and what goes wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.course.deck import Deck

if TYPE_CHECKING:
    from conftest import Terminal

NETS = r"""---
paper_title: "Small Nets: A Study"
paper_url: https://example.org/nets
---

> [!question]
> Draw a **small net** with $n$ layers.

> [!answer]-
> ![[net.png]]
> A net has $n$ layers, each
> $$y = \sigma(W_i x)$$and nothing else.
>
> ## Why a heading
> - one
> - ![[folder/other.png|300]]
> ```html
> <!-- kept --><img src="net.png">
> ```
> `<!-- kept -->` <!-- gone -->

<!-- guid: ua,`u|>[x>= -->

---

> [!question]
> Given this net,
> ![[net.png]]
> **which layer** is it?

> [!answer]-
> The second: ![](media/other%20one.png "a title")

> [!explanation]-
> See `x[0]`.

<!-- guid: a-->b -->

---

> [!Question]+ What has no id?

> [!ANSWER]
> This card.
"""
HALVES = """> [!question]
> A question alone.

<!-- guid: half -->

---

> [!answer]-
> An answer alone.

---

> [!question]

> [!answer]-
> An empty question.

---

> [!question]
> Whole?

[!explanation] of nothing

> [!answer]-
> Yes.

> [!answer]-
> Twice.

<!-- guid: whole -->

---

> [!question]
> The same id?

> [!answer]-
> Yes.

<!-- guid: whole -->

---

> [!question]
> A lost picture?

> [!answer]-
> ![[lost.png]]

```
> [!question]
> Not a card

> [!answer]-
> but code
```
"""
SPACED = """---
tags: [study]
---
#flashcards/nets/deep Question on one line::Answer on one line
<!--SR:!2026-12-01,3,250-->

A plain paragraph, std is no card.

What is asked
on two lines?
?
An answer<br>
in two paragraphs
```python
a = b[::2]

c
```
<!--SR:!2026-12-01,3,250-->

Front:::Back

Left?
??
Right.

A ==cloze== of theirs

?
no question

What is `a::b`, in code?
?
Not a separator.
"""
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """Return a vault with two pictures."""
    vault = tmp_path / "vault"
    (vault / "metadata" / "media").mkdir(parents=True)
    (vault / "media").mkdir()
    (vault / "folder").mkdir()
    (vault / "metadata" / "media" / "net.png").write_bytes(PNG + b"1")
    (vault / "media" / "other one.png").write_bytes(PNG + b"2")
    (vault / "folder" / "other.png").write_bytes(PNG + b"3")
    (vault / ".obsidian").mkdir()
    (vault / ".obsidian" / "hidden.md").write_text("> [!question]\n> Hidden?\n", encoding="utf-8")
    (vault / "README.md").write_text("# A collection\n\n---\n\nText::not a card\n", encoding="utf-8")
    return vault


def take(terminal: Terminal, path: Path) -> dict[str, Any]:
    """Import and return what the command says of it, by outcome."""
    done = terminal("cards", "import", str(path), "--json")
    assert done.exit_code == 0, done.output
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["schema"] == "mlkata.cards-import/1"
    outcomes: dict[str, list[str]] = {}
    for card in said["cards"]:
        outcomes.setdefault(card["outcome"], []).append(card["card"])
    return {**said, "outcomes": outcomes}


def state(folder: Path) -> dict[str, bytes]:
    """Return every file below *folder* with its content."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_bytes().decode("utf-8")
    assert before in text
    path.write_bytes(text.replace(before, after).encode("utf-8"))


def test_a_collection_of_callouts_becomes_decks(terminal: Terminal, vault: Path) -> None:
    """Cards, pictures and front matter arrive, with ids made of the questions."""
    (vault / "small_nets.md").write_text(NETS, encoding="utf-8")
    before = state(vault)
    said = take(terminal, vault)
    assert said["outcomes"]["added"] == [
        "small-nets/draw-a-small-net-with-layers",
        "small-nets/given-this-net-which-layer-is",
        "small-nets/what-has-no-id",
    ]
    assert said["skipped"] == []
    deck = Deck.load(terminal.folder / "decks" / "small-nets.md")
    assert (deck.title, deck.paper) == ("Small Nets: A Study", "Small Nets: A Study")
    assert deck.url == "https://example.org/nets"
    first, second, third = deck.cards
    assert first.question == "Draw a **small net** with $n$ layers."
    assert first.answer == (
        "![net](drawings/small-nets-net.png)\nA net has $n$ layers, each\n"
        "$$y = \\sigma(W_i x)$$and nothing else.\n\n#### Why a heading\n- one\n"
        '- ![other](drawings/small-nets-other.png)\n```html\n<!-- kept --><img src="net.png">\n```\n'
        "`<!-- kept -->`"
    )
    assert first.guid == "ua,`u|>[x>="
    assert second.question == "Given this net, ![net](drawings/small-nets-net.png) **which layer** is it?"
    assert second.answer == "The second:\n![other one](drawings/small-nets-other-one.png)"
    assert second.explanation == "See `x[0]`."
    assert second.guid == "a-->b"
    assert third.question == "What has no id?"
    pictures = terminal.folder / "decks" / "drawings"
    assert {path.name: path.read_bytes()[-1:] for path in pictures.iterdir()} == {
        "small-nets-net.png": b"1",
        "small-nets-other-one.png": b"2",
        "small-nets-other.png": b"3",
    }
    assert state(vault) == before


@pytest.mark.parametrize("name", ["nets.md", "spaced.md", "halves.md"])
def test_importing_twice_changes_nothing(terminal: Terminal, vault: Path, name: str) -> None:
    """Not one byte of the decks is written again."""
    text = {"nets.md": NETS, "spaced.md": SPACED, "halves.md": HALVES}[name]
    (vault / name).write_text(text, encoding="utf-8")
    first = take(terminal, vault)
    before = state(terminal.folder)
    second = take(terminal, vault)
    assert second["outcomes"] == {"unchanged": first["outcomes"]["added"]}
    assert second["skipped"] == first["skipped"]
    assert state(terminal.folder) == before


def test_what_changed_in_the_vault_is_taken_over_under_the_same_id(terminal: Terminal, vault: Path) -> None:
    """A new text, even a new question, is the same card as long as the guid is the same."""
    note = vault / "nets.md"
    note.write_text(NETS, encoding="utf-8")
    added = take(terminal, vault)["outcomes"]["added"]
    edit(note, "Draw a **small net** with $n$ layers.", "Draw something else.")
    assert take(terminal, vault)["outcomes"] == {"updated": added[:1], "unchanged": added[1:]}
    deck = Deck.load(terminal.folder / "decks" / "nets.md")
    assert [card.id for card in deck.cards] == added
    assert deck.cards[0].question == "Draw something else."


def test_a_card_that_gets_a_guid_later_stays_the_same_card(terminal: Terminal, vault: Path) -> None:
    """A card without an id is known by its question; once it has a guid, by that."""
    note = vault / "nets.md"
    note.write_text(NETS, encoding="utf-8")
    *_, last = take(terminal, vault)["outcomes"]["added"]
    edit(note, "> This card.\n", "> This card.\n\n<!-- guid: new -->\n")
    assert take(terminal, vault)["outcomes"]["updated"] == [last]
    edit(note, "What has no id?", "What has an id now?")
    assert take(terminal, vault)["outcomes"]["updated"] == [last]
    assert len(Deck.load(terminal.folder / "decks" / "nets.md").cards) == 3


def test_a_card_without_an_id_may_be_asked_otherwise(terminal: Terminal, vault: Path) -> None:
    """Where the question changed and the answer did not, it is the same card."""
    note = vault / "nets.md"
    note.write_text(NETS, encoding="utf-8")
    *_, last = take(terminal, vault)["outcomes"]["added"]
    edit(note, "What has no id?", "Which card has no id?")
    assert take(terminal, vault)["outcomes"]["updated"] == [last]
    assert set(take(terminal, vault)["outcomes"]) == {"unchanged"}


def test_what_the_learner_changed_here_stays(terminal: Terminal, vault: Path) -> None:
    """An own change survives; where the vault changed as well that is said, and nothing is written."""
    note, deck = vault / "nets.md", terminal.folder / "decks" / "nets.md"
    note.write_text(NETS, encoding="utf-8")
    added = take(terminal, vault)["outcomes"]["added"]
    edit(deck, "See `x[0]`.", "In my words.")
    text = deck.read_bytes()
    assert take(terminal, vault)["outcomes"] == {"unchanged": added}
    edit(note, "See `x[0]`.", "See `x[1]`.")
    outcomes = take(terminal, vault)["outcomes"]
    assert outcomes == {"unchanged": [added[0], added[2]], "kept": [added[1]]}
    assert deck.read_bytes() == text
    done = terminal("cards", "import", str(vault))
    assert f"kept     {note}:26  {added[1]}: changed in both places; the deck's stays\n" in done.stdout


def test_own_cards_between_imported_ones_stay_byte_for_byte(terminal: Terminal, vault: Path) -> None:
    """An update touches the lines of its card alone, in a file with the line ends of Windows too."""
    note, deck = vault / "nets.md", terminal.folder / "decks" / "nets.md"
    note.write_text(NETS, encoding="utf-8")
    take(terminal, vault)
    mine = "## Mine?\n\n<!-- card: mine; kind: why -->\n\nYes,  two blanks.\n\n"
    edit(deck, "## What has no id?", mine + "## What has no id?")
    deck.write_bytes(deck.read_bytes().replace(b"\n", b"\r\n"))
    before = deck.read_bytes()
    edit(note, "See `x[0]`.", "See `x[1]`.")
    take(terminal, vault)
    old, new = before.split(b"\r\n"), deck.read_bytes().split(b"\r\n")
    changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    assert [b for _, b in changed if b"card:" not in b] == [b"See `x[1]`."]
    assert len(changed) == 2


def test_half_cards_and_doubled_ids_are_named_with_their_line(terminal: Terminal, vault: Path) -> None:
    """What cannot be read is skipped with file, line and reason; what is whole arrives."""
    note = vault / "halves.md"
    note.write_text(HALVES, encoding="utf-8")
    said = take(terminal, vault)
    assert said["outcomes"] == {"added": ["halves/whole", "halves/a-lost-picture"]}
    assert [(item["line"], item["reason"]) for item in said["skipped"]] == [
        (1, "a question without an answer"),
        (8, "an answer without a question"),
        (13, "an empty question"),
        (23, "a callout without its '>'; this line is no part of a card"),
        (28, "a second answer in one card; the first counts"),
        (35, f"skipped: its guid is that of {note}:20"),
        (45, "the picture lost.png is not in the vault; its card is read"),
    ]
    card = Deck.load(terminal.folder / "decks" / "halves.md").cards[1]
    assert card.answer == "*[lost: this picture is missing]*"
    done = terminal("cards", "import", str(vault))
    assert f"{note}:1: a question without an answer\n" in done.stderr


def test_a_lost_picture_that_is_found_again_updates_its_card(terminal: Terminal, vault: Path) -> None:
    """The card gets its picture with the next import."""
    (vault / "halves.md").write_text(HALVES, encoding="utf-8")
    take(terminal, vault)
    (vault / "lost.png").write_bytes(PNG)
    assert take(terminal, vault)["outcomes"]["updated"] == ["halves/a-lost-picture"]


def test_notes_of_the_plugin_are_read_as_the_plugin_reads_them(terminal: Terminal, vault: Path) -> None:
    """Cards on one line and on several, both ways round; schedules, code and clozes are no part of them."""
    note = vault / "spaced.md"
    note.write_text(SPACED, encoding="utf-8")
    said = take(terminal, vault)
    deck = Deck.load(terminal.folder / "decks" / "nets-deep.md")
    assert [(card.question, card.answer) for card in deck.cards] == [
        ("Question on one line", "Answer on one line"),
        (
            "What is asked on two lines?",
            "An answer\n\nin two paragraphs\n```python\na = b[::2]\n\nc\n```",
        ),
        ("Front", "Back"),
        ("Back", "Front"),
        ("Left?", "Right."),
        ("Right.", "Left?"),
        ("What is `a::b`, in code?", "Not a separator."),
    ]
    assert (deck.title, deck.tags) == ("deep", ("study",))
    assert [(item["line"], item["reason"]) for item in said["skipped"]] == [
        (27, "a cloze; only a question with an answer is read"),
        (29, "a line '?' without a question above it"),
    ]


def test_windows_files_with_a_byte_order_mark_are_read(terminal: Terminal, vault: Path) -> None:
    """CR LF and a mark at the beginning make no difference to what a card says."""
    (vault / "nets.md").write_text(NETS, encoding="utf-8")
    take(terminal, vault)
    (vault / "nets.md").write_bytes(b"\xef\xbb\xbf" + NETS.replace("\n", "\r\n").encode())
    assert set(take(terminal, vault)["outcomes"]) == {"unchanged"}


def test_a_note_that_is_no_text_hinders_nothing(terminal: Terminal, vault: Path) -> None:
    """It is named with the reason; the others arrive."""
    (vault / "nets.md").write_text(NETS, encoding="utf-8")
    (vault / "odd.md").write_bytes(b"> [!question]\n> caf\xe9 x")
    said = take(terminal, vault)
    assert len(said["outcomes"]["added"]) == 3
    assert said["skipped"] == [
        {
            "path": str(vault / "odd.md"),
            "line": 0,
            "reason": "is not UTF-8 text (invalid continuation byte at byte 19)",
        }
    ]


def test_a_collection_named_like_a_deck_of_the_course_stays_apart(terminal: Terminal, vault: Path) -> None:
    """Imported cards never change, lock or join a deck of the course."""
    (vault / "tiny_sum.md").write_text(NETS, encoding="utf-8")
    said = take(terminal, vault)
    assert said["decks"] == ["tiny-sum-imported"]


def test_a_picture_outside_of_the_vault_is_not_read(terminal: Terminal, vault: Path) -> None:
    """No card can bring along a file that lies elsewhere, by a path or by a link."""
    (vault.parent / "secret.png").write_bytes(PNG)
    (vault / "linked.png").symlink_to(vault.parent / "secret.png")
    text = "> [!question]\n> Q?\n\n> [!answer]-\n> ![a](../secret.png)\n> ![[linked.png]]\n"
    (vault / "nets.md").write_text(text, encoding="utf-8")
    said = take(terminal, vault)
    assert said["pictures"] == []
    assert len(said["skipped"]) == 2


@pytest.mark.parametrize(
    "answer",
    [
        "> ```python\n> never closed",
        "> ## a heading\n> ### Explanation\n> <!-- card: other -->",
        "> a\u2028## b\x0b## c\x1b[31m",
        "> ~~~\n> ```\n> ## in code\n> ~~~",
        "> ---\n> title: x\n> ---",
    ],
)
def test_no_answer_can_break_a_deck(terminal: Terminal, vault: Path, answer: str) -> None:
    """Whatever an answer holds, the deck it goes into stays readable, with the cards around it."""
    card = "> [!question]\n> Q{}?\n\n> [!answer]-\n{}\n\n---\n\n"
    text = card.format(1, "> A") + card.format(2, answer) + card.format(3, "> C")
    (vault / "nets.md").write_text(text, encoding="utf-8")
    take(terminal, vault)
    deck = Deck.load(terminal.folder / "decks" / "nets.md")
    assert [card.question for card in deck.cards] == ["Q1?", "Q2?", "Q3?"]
    assert [deck.cards[0].answer, deck.cards[2].answer] == ["A", "C"]
    before = state(terminal.folder)
    take(terminal, vault)
    assert state(terminal.folder) == before


def test_a_damaged_own_deck_stops_the_import_before_anything_is_written(
    terminal: Terminal, vault: Path
) -> None:
    """Its file and line are named; no deck and no picture is written."""
    own = terminal.folder / "decks"
    own.mkdir()
    (own / "mine.md").write_text("---\ntitle: Mine\n---\n\n## No mark\n", encoding="utf-8")
    (vault / "nets.md").write_text(NETS, encoding="utf-8")
    done = terminal("cards", "import", str(vault))
    assert done.exit_code == 4
    assert f"{own / 'mine.md'}:5: " in done.stderr
    assert [path.name for path in own.iterdir()] == ["mine.md"]


def test_where_there_are_no_cards_the_formats_are_said(terminal: Terminal, vault: Path) -> None:
    """A folder without cards, and one that is not there, are sentences with what to do."""
    done = terminal("cards", "import", str(vault))
    assert done.exit_code == 2
    assert f"There are no cards in {vault}." in done.stderr
    assert "callouts [!question] and [!answer]" in done.stderr
    done = terminal("cards", "import", "nowhere")
    assert done.exit_code == 2
    assert "There is no nowhere." in done.stderr


@pytest.mark.parametrize("style", ["callouts", "spaced-repetition"])
def test_a_round_trip_brings_back_what_the_learner_changed_in_the_vault(
    terminal: Terminal, vault: Path, style: str
) -> None:
    """Cards that were exported are known again; one that was edited there becomes the learner's version."""
    terminal("cards", "export", "obsidian", str(vault), "--style", style)
    cards = {"tiny-double/what-is-it", "tiny-double/agree", "tiny-sum/empty"}
    assert set(take(terminal, vault)["outcomes"]["unchanged"]) == cards
    assert not (terminal.folder / "decks").exists()
    note = vault / "katas" / "tiny-double.md"
    edit(note, "At 0 and 2.", "At 0 and at 2, where $2x = x^2$.")
    assert take(terminal, vault)["outcomes"]["updated"] == ["tiny-double/agree"]
    own = Deck.load(terminal.folder / "decks" / "tiny-double.md")
    assert [(card.id, card.answer) for card in own.cards] == [
        ("tiny-double/agree", "At 0 and at 2, where $2x = x^2$.")
    ]
    before = state(terminal.folder)
    assert set(take(terminal, vault)["outcomes"]["unchanged"]) == cards
    edit(note, "At 0 and at 2,", "At zero and two,")
    assert take(terminal, vault)["outcomes"]["updated"] == ["tiny-double/agree"]
    assert state(terminal.folder) != before


def test_a_card_that_changed_in_the_course_and_in_the_vault_is_kept(terminal: Terminal, vault: Path) -> None:
    """Neither version is lost: the deck has its own, the vault has the learner's, and a line says so."""
    terminal("cards", "export", "obsidian", str(vault))
    edit(vault / "katas" / "tiny-double.md", "At 0 and 2.", "At 0 and at 2.")
    edit(terminal.course / "tiny-double" / "cards.md", "At 0 and 2.", "At 0, and at 2.")
    assert take(terminal, vault)["outcomes"]["kept"] == ["tiny-double/agree"]
    assert not (terminal.folder / "decks").exists()


def test_an_edited_card_keeps_its_drawing_for_terminals(terminal: Terminal, vault: Path) -> None:
    """What only terminals show stays with its picture when a card comes back changed."""
    cards = terminal.course / "tiny-sum" / "cards.md"
    picture = "## Draw it.\n\n<!-- card: draw -->\n\n![a box](box.svg)\n\n```drawing\n+-+\n```\n\nA box.\n"
    cards.write_text(picture, encoding="utf-8")
    (cards.parent / "box.svg").write_text("<svg/>", encoding="utf-8")
    terminal("cards", "export", "obsidian", str(vault))
    edit(vault / "katas" / "tiny-sum.md", "A box.", "My box.")
    assert take(terminal, vault)["outcomes"]["updated"] == ["tiny-sum/draw"]
    (card,) = Deck.load(terminal.folder / "decks" / "tiny-sum.md").cards
    assert card.answer == "![a box](drawings/tiny-sum-box.svg)\n\n```drawing\n+-+\n```\n\nMy box."
    assert "updated" not in take(terminal, vault)["outcomes"]


def test_what_other_tools_write_loosely_is_read(terminal: Terminal, vault: Path) -> None:
    """Blanks inside the marks of a formula go, code keeps its own, and an image of HTML is a picture."""
    text = "> [!question]\n> Is $ x_1 $ or `$ x_1 $`, for $5 or $6?\n\n> [!answer]-\n"
    text += '> $\\mathbf{x}^2 $ and $$y $$ <img alt="Refer to" src="net.png">\n'
    (vault / "nets.md").write_text(text, encoding="utf-8")
    take(terminal, vault)
    (card,) = Deck.load(terminal.folder / "decks" / "nets.md").cards
    assert card.question == "Is $x_1$ or `$ x_1 $`, for $5 or $6?"
    assert card.answer == "$\\mathbf{x}^2$ and $$y $$\n![Refer to](drawings/nets-net.png)"


def test_same_questions_get_ids_of_their_own(terminal: Terminal, vault: Path) -> None:
    """Two cards with one question and two guids are two cards."""
    card = "> [!question]\n> Why?\n\n> [!answer]-\n> {0}\n\n<!-- guid: {0} -->\n\n---\n\n"
    (vault / "nets.md").write_text(card.format("a") + card.format("b"), encoding="utf-8")
    assert take(terminal, vault)["outcomes"] == {"added": ["nets/why", "nets/why-2"]}


def test_a_pipe_in_a_vault_is_not_waited_for(terminal: Terminal, vault: Path) -> None:
    """What is no file is named and left alone."""
    os.mkfifo(vault / "pipe.md")
    (vault / "nets.md").write_text(NETS, encoding="utf-8")
    said = take(terminal, vault)
    assert [item["reason"] for item in said["skipped"]] == ["cannot be read: not a file"]


def test_an_export_adds_no_second_copy_beside_the_original(terminal: Terminal, vault: Path) -> None:
    """A card that was imported from a vault is not exported into the same vault again."""
    (vault / "nets.md").write_text(NETS, encoding="utf-8")
    take(terminal, vault)
    before = (vault / "nets.md").read_bytes()
    done = terminal("cards", "export", "obsidian", str(vault), "--deck", "nets", "--json")
    assert json.loads(done.stdout)["changes"] == []
    assert (vault / "nets.md").read_bytes() == before
    assert not (vault / "own").exists()
