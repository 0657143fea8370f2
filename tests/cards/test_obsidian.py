"""Exports to Obsidian, and what a learner does in the vault between two of them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.cards.obsidian import spaced
from ml_katas.cards.obsidian.note import Block, VaultNote

if TYPE_CHECKING:
    from conftest import Nobody, Terminal

DECK = """---
title: "Test: Networks"
paper: Doe et al. 2020, Test Networks
url: https://example.org/abs
tags: [moe, deep learning]
---

## What is a gate?

<!-- card: gate -->

A function of $x$
that returns weights:

$$
G(x) = \\operatorname{softmax}(x W_g)
$$

- one
- two

And `x[::2]` beside std::vector.

```python
a = 1

b = a[::2]
```

### Explanation

Because.

## Draw it.

<!-- card: drawing; kind: drawing -->

![a box](drawings/box.svg)

```drawing
+---+
```

A box.

## What comes last?

<!-- card: last -->

This.
"""
BOX = "<svg xmlns='http://www.w3.org/2000/svg'/>"


@pytest.fixture
def deck(terminal: Terminal) -> Path:
    """Return a deck of the course with three cards and a picture."""
    folder = terminal.course / "decks"
    (folder / "drawings").mkdir(parents=True)
    (folder / "test-networks.md").write_text(DECK, encoding="utf-8")
    (folder / "drawings" / "box.svg").write_text(BOX, encoding="utf-8")
    return folder / "test-networks.md"


def export(terminal: Terminal, *more: str) -> dict[str, Any]:
    """Export the deck and return what the command says of it, by the kind of change."""
    done = terminal("cards", "export", "obsidian", "vault", "--deck", "test-networks", "--json", *more)
    assert done.exit_code == 0, done.output
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["schema"] == "mlkata.cards-export/1"
    kinds: dict[str, list[str]] = {}
    for change in said["changes"]:
        kinds.setdefault(change["kind"], []).append(change["card"].partition("/")[2])
    return {**said, "kinds": kinds}


def note(terminal: Terminal) -> Path:
    return terminal.folder / "vault" / "papers" / "test-networks.md"


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_bytes().decode("utf-8")
    assert before in text
    path.write_bytes(text.replace(before, after).encode("utf-8"))


def test_callouts_are_written_as_the_public_collection_has_them(terminal: Terminal, deck: Path) -> None:
    """A note has front matter, a callout each for question, answer and explanation, an id, and pictures."""
    said = export(terminal)
    assert said["kinds"] == {"added": ["gate", "drawing", "last"]}
    text = note(terminal).read_text(encoding="utf-8")
    assert text.startswith(
        '---\ntitle: "Test: Networks"\npaper_title: "Doe et al. 2020, Test Networks"\n'
        'paper_url: "https://example.org/abs"\ntags: [moe, deep-learning]\n---\n\n> [!question]\n'
        "> What is a gate?\n\n> [!answer]-\n> A function of $x$ that returns weights:\n>\n> $$\n"
    )
    assert "> [!explanation]-\n> Because.\n\n<!-- guid: test-networks/gate --><!-- mlkata: " in text
    assert "+---+" not in text
    assert "> ![a box](../drawings/test-networks-box.svg)\n" in text
    picture = terminal.folder / "vault" / "drawings" / "test-networks-box.svg"
    assert picture.read_text(encoding="utf-8") == BOX
    assert text.count("\n---\n\n> [!question]") == 3


def test_cards_for_the_plugin_have_no_gaps_and_no_stray_separators(terminal: Terminal, deck: Path) -> None:
    """An answer has no empty line but in code; `::` stands where the plugin does not look for it."""
    export(terminal, "--style", "spaced-repetition")
    text = note(terminal).read_text(encoding="utf-8")
    card = text.partition("-->\n\n")[2].partition("\n\n<!-- guid: test-networks/drawing")[0]
    assert card == (
        "What is a gate?\n?\nA function of $x$ that returns weights:\n$$\n"
        "G(x) = \\operatorname{softmax}(x W_g)\n$$\n- one\n- two<br>\n"
        "And `x[::2]` beside std:\\:vector.\n```python\na = 1\n\nb = a[::2]\n```\n**Explanation.** Because."
    )
    assert "\n#flashcards/mlkata/papers/test-networks\n\n" in text


def test_the_plugin_reads_every_card_of_the_course(terminal: Terminal) -> None:
    """What is written for the plugin reads back, by its rules, as the same questions with their ids."""
    course = Path(__file__).parents[2] / "katas"
    terminal("cards", "export", "obsidian", "vault", "--style", "spaced-repetition", "--katas", str(course))
    cards = []
    for path in (terminal.folder / "vault").rglob("*.md"):
        found = list(spaced.read(VaultNote.load(path, path.read_bytes())))
        assert all(isinstance(block, Block) and block.guid and not block.both_ways for block in found)
        cards += found
    assert len(cards) > 20


def test_a_second_export_changes_nothing(terminal: Terminal, deck: Path) -> None:
    """Where nothing changed no byte is written."""
    export(terminal)
    path = note(terminal)
    os.utime(path, (1, 1))
    assert export(terminal)["kinds"] == {"unchanged": ["gate", "drawing", "last"]}
    assert path.stat().st_mtime == 1


@pytest.mark.parametrize("style", ["callouts", "spaced-repetition"])
def test_a_later_export_updates_our_cards_and_nothing_else(
    terminal: Terminal, deck: Path, style: str
) -> None:
    """Changed and new cards get into a note that the learner wrote in; every other byte of it stays."""
    export(terminal, "--style", style)
    path = note(terminal)
    before = path.read_text(encoding="utf-8")
    mine = before.replace("<!-- guid: test-networks/last", "My own remark.\n\n<!-- guid: test-networks/last")
    mine = f"{mine}\nMore of mine, without a line end"
    path.write_text(mine, encoding="utf-8")
    edit(deck, "A box.", "A square.")
    edit(deck, "## What comes last?", "## Is this new?\n\n<!-- card: new -->\n\nYes.\n\n## What comes last?")
    said = export(terminal)
    if style == "callouts":  # there the id stands below its card, so that the remark is a part of it
        assert said["kinds"] == {
            "unchanged": ["gate"],
            "updated": ["drawing"],
            "added": ["new"],
            "kept": ["last"],
        }
    else:
        assert said["kinds"] == {"unchanged": ["gate", "last"], "updated": ["drawing"], "added": ["new"]}
    after = path.read_text(encoding="utf-8")
    assert after.count("My own remark.") == 1
    assert after.endswith("\nMore of mine, without a line end")
    assert after.index("test-networks/drawing") < after.index("Is this new?") < after.index("comes last?")
    kept = [line for line in mine.split("\n") if "A box." not in line and "test-networks/drawing" not in line]
    left = iter(after.split("\n"))
    assert all(line in left for line in kept)  # in this order


def test_what_the_learner_changed_is_kept_and_reported(terminal: Terminal, deck: Path) -> None:
    """A card that was edited in the vault stays as it is, also when the deck has a newer version."""
    export(terminal)
    edit(note(terminal), "> This.", "> This, in my words.")
    before = note(terminal).read_bytes()
    said = export(terminal)
    assert said["kinds"] == {"unchanged": ["gate", "drawing"], "kept": ["last"]}
    assert [change["outdated"] for change in said["changes"]] == [False, False, False]
    edit(deck, "\nThis.\n", "\nThat.\n")
    said = export(terminal)
    assert said["kinds"] == {"unchanged": ["gate", "drawing"], "kept": ["last"]}
    assert [change["outdated"] for change in said["changes"]] == [False, False, True]
    assert note(terminal).read_bytes() == before
    done = terminal("cards", "export", "obsidian", "vault", "--deck", "test-networks")
    assert (
        "kept     vault/papers/test-networks.md:48  test-networks/last:"
        " you changed it; the deck has a newer version\n" in done.stdout
    )


@pytest.mark.parametrize(
    "schedule",
    [
        "\n<!--SR:!2026-12-01,3,250-->",
        " <!--SR:!fsrs,2026-12-01,1,2,3,4,5,6,x!y@z-->",
        "\n<!--SR:!2026-12-01,3,250!2026-11-02,1,230-->  ",
        "\n> [!sr|card-metadata]\n> <!--SR:!2026-12-01,3,250-->",
        "\n<!--SR:something that no plugin of today writes ¿>-->",
    ],
)
def test_what_the_plugin_wrote_survives_byte_for_byte(terminal: Terminal, deck: Path, schedule: str) -> None:
    """A card is updated and keeps its schedule, whatever it looks like."""
    export(terminal, "--style", "spaced-repetition")
    edit(note(terminal), "\nThis.\n", f"\nThis.{schedule}\n")
    assert export(terminal)["kinds"] == {"unchanged": ["gate", "drawing", "last"]}
    edit(deck, "\nThis.\n", "\nThat.\n\nAnd more.\n")
    assert export(terminal)["kinds"] == {"unchanged": ["gate", "drawing"], "updated": ["last"]}
    assert f"\nThat.<br>\nAnd more.{schedule}\n" in note(terminal).read_text(encoding="utf-8")
    assert export(terminal)["kinds"] == {"unchanged": ["gate", "drawing", "last"]}


@pytest.mark.parametrize("style", ["callouts", "spaced-repetition"])
def test_windows_line_ends_and_a_byte_order_mark_stay(terminal: Terminal, deck: Path, style: str) -> None:
    """A note with CR LF and a mark at its beginning is read, and written in its own way."""
    export(terminal, "--style", style)
    path = note(terminal)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert export(terminal)["kinds"] == {"unchanged": ["gate", "drawing", "last"]}
    edit(deck, "\nThis.\n", "\nThat.\n")
    edit(deck, "## Draw it.", "## New?\n\n<!-- card: new -->\n\nYes.\n\n## Draw it.")
    kinds = export(terminal)["kinds"]
    assert kinds == {"unchanged": ["gate", "drawing"], "added": ["new"], "updated": ["last"]}
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf---\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")
    assert b"That." in content
    assert b"New?" in content


def test_cards_are_updated_wherever_the_learner_moved_them(terminal: Terminal, deck: Path) -> None:
    """A card in another note of the vault is changed there, with links that lead from there."""
    export(terminal)
    home = note(terminal)
    text = home.read_text(encoding="utf-8")
    start, end = (
        text.index("> [!question]\n> Draw it."),
        text.index("\n---\n\n> [!question]\n> What comes last"),
    )
    other = terminal.folder / "vault" / "My Notes" / "boxes.md"
    other.parent.mkdir()
    other.write_text(f"# Boxes\n\n{text[start:end]}\nMine.\n", encoding="utf-8")
    home.write_text(text[:start] + text[end:], encoding="utf-8")
    edit(deck, "A box.", "A square.")
    assert export(terminal)["kinds"] == {"unchanged": ["gate", "last"], "updated": ["drawing"]}
    moved = other.read_text(encoding="utf-8")
    assert moved.startswith("# Boxes\n\n> [!question]\n> Draw it.\n")
    assert "> A square.\n" in moved
    assert moved.endswith("\n\nMine.\n")


def test_a_changed_picture_is_replaced_unless_the_learner_drew_in_it(terminal: Terminal, deck: Path) -> None:
    """Our picture follows the deck; one that was changed in the vault stays, and is reported."""
    export(terminal)
    source = deck.parent / "drawings" / "box.svg"
    picture = terminal.folder / "vault" / "drawings" / "test-networks-box.svg"
    source.write_text("<svg>2</svg>", encoding="utf-8")
    assert export(terminal)["kinds"] == {"updated": ["drawing"], "unchanged": ["gate", "last"]}
    assert picture.read_text(encoding="utf-8") == "<svg>2</svg>"
    picture.write_text("<svg>mine</svg>", encoding="utf-8")
    source.write_text("<svg>3</svg>", encoding="utf-8")
    said = export(terminal)
    assert said["kept_pictures"] == ["vault/drawings/test-networks-box.svg"]
    assert picture.read_text(encoding="utf-8") == "<svg>mine</svg>"


def test_a_note_of_the_same_name_is_left_alone(terminal: Terminal, deck: Path) -> None:
    """Where the learner has a note of that name the cards go into another one, and are found there."""
    path = note(terminal)
    path.parent.mkdir(parents=True)
    path.write_text("My notes on it.\n", encoding="utf-8")
    export(terminal)
    assert path.read_text(encoding="utf-8") == "My notes on it.\n"
    assert path.with_name("test-networks-cards.md").is_file()
    assert export(terminal)["kinds"] == {"unchanged": ["gate", "drawing", "last"]}


def test_one_vault_keeps_one_style(terminal: Terminal, deck: Path) -> None:
    """The other style is refused where the cards stand already, and nothing is written."""
    export(terminal)
    before = note(terminal).read_bytes()
    done = terminal("cards", "export", "obsidian", "vault", "--style", "spaced-repetition")
    assert done.exit_code == 2
    assert "vault/papers/test-networks.md has these cards as callouts." in done.stderr
    assert note(terminal).read_bytes() == before
    assert not (terminal.folder / "vault" / "katas").exists()


def test_notes_of_two_styles_are_updated_in_their_own(terminal: Terminal, deck: Path) -> None:
    """Without `--style` each note keeps its style, and a new deck gets the style that is there."""
    export(terminal, "--style", "spaced-repetition")
    done = terminal("cards", "export", "obsidian", "vault", "--deck", "tiny-sum", "--json")
    assert json.loads(done.stdout)["style"] == "spaced-repetition"
    done = terminal("cards", "export", "obsidian", "vault", "--deck", "tiny-double", "--style", "callouts")
    assert done.exit_code == 0
    edit(deck, "\nThis.\n", "\nThat.\n")
    edit(terminal.course / "tiny-double" / "cards.md", "At 0 and 2.", "At zero and two.")
    terminal("cards", "export", "obsidian", "vault")
    assert "What comes last?\n?\nThat.\n" in note(terminal).read_text(encoding="utf-8")
    other = terminal.folder / "vault" / "katas" / "tiny-double.md"
    assert "> [!answer]-\n> At zero and two.\n" in other.read_text(encoding="utf-8")


def test_code_in_a_list_does_not_end_a_card_of_the_plugin(terminal: Terminal, deck: Path) -> None:
    """The plugin knows code at the left margin only; elsewhere an empty line would end its card."""
    edit(deck, "\nThis.\n", "\n- a\n\n  ```python\n  x\n\n  y\n  ```\n")
    export(terminal, "--style", "spaced-repetition")
    text = note(terminal).read_text(encoding="utf-8")
    assert text.endswith("What comes last?\n?\n- a\n  ```python\n  x\n  y\n  ```\n")


def test_notes_that_cannot_be_read_are_left_alone_and_named(terminal: Terminal, deck: Path) -> None:
    """A note that is no UTF-8 text hinders nothing."""
    export(terminal)
    odd = terminal.folder / "vault" / "odd.md"
    odd.write_bytes(b"guid: caf\xe9")
    said = export(terminal)
    assert said["skipped"] == [
        "vault/odd.md is not UTF-8 text (unexpected end of data at byte 9); it is left alone"
    ]
    assert odd.read_bytes() == b"guid: caf\xe9"


def test_a_vault_that_cannot_be_written_is_a_sentence(
    terminal: Terminal, deck: Path, nobody: Nobody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that refuses writing is named with the reason; a file in its place too."""
    course, vault = nobody.folder / "course", nobody.folder / "vault"
    shutil.copytree(terminal.course, course)
    vault.mkdir(mode=0o555)
    monkeypatch.chdir(nobody.folder)
    monkeypatch.setattr("ml_katas.course.sources.bundled_course", lambda: course)
    with nobody():
        done = terminal("cards", "export", "obsidian", str(vault), "--deck", "test-networks")
    assert done.exit_code == 2
    assert f"{vault}/drawings/test-networks-box.svg cannot be written: permission denied." in done.stderr
    assert list(vault.iterdir()) == []
    file = nobody.folder / "file"
    file.touch()
    done = terminal("cards", "export", "obsidian", str(file))
    assert done.exit_code == 2
    assert f"{file} is a file." in done.stderr


def test_a_missing_picture_leaves_its_words(terminal: Terminal, deck: Path) -> None:
    """The card is written without the picture, and the deck's line is named."""
    (deck.parent / "drawings" / "box.svg").unlink()
    said = export(terminal)
    assert said["skipped"] == [f"{deck}:34: the picture drawings/box.svg is missing"]
    assert "> *[a box]*\n" in note(terminal).read_text(encoding="utf-8")
