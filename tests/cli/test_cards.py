"""`mlkata cards`: decks are listed, cards shown, added and checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ml_katas.course.deck import Deck

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal

PAPER = "---\ntitle: A paper\npaper: P\nurl: https://example.org\ntags: [t]\n---\n"
ONE = "\n## What is one?\n\n<!-- card: one -->\n\nIt is $1$.\n"


@pytest.fixture
def paper(terminal: Terminal) -> Terminal:
    """Return a terminal whose course has a paper deck of one card."""
    (terminal.course / "decks").mkdir()
    write(terminal, PAPER + ONE)
    return terminal


def write(terminal: Terminal, text: str) -> None:
    (terminal.course / "decks" / "paper.md").write_text(text)


def test_decks_are_listed(paper: Terminal, judge: ObedientJudge) -> None:
    """Each deck with its number of cards; a kata's waits for its kata."""
    paper("start", "tiny-double")
    paper("check")
    assert paper("cards", "list").stdout.splitlines() == [
        "  paper        A paper                                                    1 card",
        "  tiny-double  Double a number                                           2 cards",
        "  tiny-sum     Sum a list                                     waits for its kata",
    ]
    found = json.loads(paper("cards", "list", "--json").stdout)
    assert found["schema"] == "mlkata.cards-list/1"
    assert [(deck["deck"], deck["unlocked"], len(deck["cards"])) for deck in found["decks"]] == [
        ("paper", True, 1), ("tiny-double", True, 2), ("tiny-sum", False, 1)
    ]  # fmt: skip
    card = found["decks"][0]["cards"][0]
    assert (card["card"], card["kind"], card["state"], card["due"]) == ("paper/one", "recall", "new", None)


def test_cards_of_a_deck_are_listed(paper: Terminal) -> None:
    """With --deck the questions, ids, kinds and dates."""
    assert paper("cards", "list", "--deck", "paper").stdout.splitlines() == [
        "A paper", "P", "", "  What is one?", "  paper/one · recall · new"
    ]  # fmt: skip
    missing = paper("cards", "list", "--deck", "papers")
    assert missing.stderr.startswith("mlkata: No deck called 'papers'. Did you mean 'paper'?")


def test_card_is_shown_with_its_answer(paper: Terminal) -> None:
    """Question, answer with readable math, and where it stands."""
    shown = paper("cards", "show", "paper/one").stdout
    assert shown.splitlines()[1:5] == ["", "What is one?", "", "It is 1."]
    assert "paper/one · new · " in shown
    found = json.loads(paper("cards", "show", "paper/one", "--json").stdout)
    assert (found["schema"], found["answer"]) == ("mlkata.cards-show/1", "It is $1$.")


def test_own_card_is_added(terminal: Terminal) -> None:
    """A card goes into a deck of the workspace, named after its question, and is asked at the next review."""
    added = terminal("cards", "add", "What is  $e^0$?", "$1$", "--explanation", "By definition.")
    assert added.stdout == "my-cards/what-is-e-0 is in decks/my-cards.md:5.\n"
    terminal("cards", "add", "What is $e^0$ again?", "--deck", "my-cards", typed="It is\n\n$1$.\n")
    deck = Deck.load(terminal.folder / "decks" / "my-cards.md")
    assert [(card.slug, card.answer, card.explanation) for card in deck.cards] == [
        ("what-is-e-0", "$1$", "By definition."), ("what-is-e-0-again", "It is\n\n$1$.", "")
    ]  # fmt: skip
    found = json.loads(terminal("review", "--json").stdout)
    assert found["new"] == ["my-cards/what-is-e-0", "my-cards/what-is-e-0-again"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Q?", ""), "a card needs a question in its heading and an answer below it"),
        (("Q?", "Yes.\n\n## A\n\nB"), "below its question a card needs a line such as"),
        (("Q?", "```\nopen"), "this block is not closed"),
        (("Q?", "A", "--deck", "My deck"), "A deck is named by a slug such as 'my-cards', not 'My deck'."),
        (("Q?", "A", "--slug", "A b"), "A card is named by a slug such as 'why-renormalise', not 'A b'."),
        (("Q?", "A", "--deck", "paper", "--slug", "one"), "There is a card called 'paper/one' already."),
    ],
)
def test_card_that_would_damage_a_deck_is_refused(paper: Terminal, words: tuple[str, ...], says: str) -> None:
    """What is no card is not written, and the sentence says why."""
    done = paper("cards", "add", *words)
    assert done.exit_code in (2, 4)
    assert says in done.stderr
    assert not (paper.folder / "decks").exists()


def test_damaged_own_deck_is_not_written_to(terminal: Terminal) -> None:
    """A deck that cannot be read stays byte for byte as it is."""
    deck = terminal.folder / "decks" / "my-cards.md"
    deck.parent.mkdir()
    deck.write_bytes(b"half a card")
    done = terminal("cards", "add", "Q?", "A")
    assert (done.exit_code, deck.read_bytes()) == (4, b"half a card")
    assert "my-cards.md:1: a deck begins with front matter" in done.stderr


def test_lint_of_a_clean_course(paper: Terminal) -> None:
    """Nothing to fix is said with the numbers of decks and cards."""
    done = paper("cards", "lint")
    assert (done.exit_code, done.stdout) == (0, "3 decks, 4 cards: nothing to fix.\n")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (PAPER + ONE.replace("$1$", r"$\frac{1}$ and $\nope$"), 12, "the formula $\\frac{1}$"),
        (PAPER + ONE.replace("$1$", "$1"), 12, "a $ that is part of no formula"),
        (PAPER + ONE + "\n![p](drawings/none.svg)\n", 14, "the link to 'drawings/none.svg' leads nowhere"),
        (PAPER + ONE + ONE.replace("one -", "two -").replace("one?", "ONE ?"), 14, "the same question as"),
        (PAPER + ONE.replace("one -", "one; kind: drawing -"), 8, "the answer needs a picture"),
        (PAPER + ONE + f"\n```drawing\n{'x' * 90}\n```\n", 8, "a drawing of 90 columns"),
        (PAPER + ONE.replace("one -", "one; kind: symptom; mistake: m -"), 8, "no mistake called 'm'."),
        (PAPER, 1, "a deck without a card"),
        ("---\ntitle: T\n---\n" + ONE, 1, "'paper' is missing in the front matter"),
        (PAPER + ONE.replace("It is $1$.", ""), 8, "a card needs a question in its heading and an answer"),
    ],
)  # fmt: skip
def test_lint_names_file_and_line(paper: Terminal, text: str, line: int, says: str) -> None:
    """Every rule finds what it is about, at its line, and the exit code is 1."""
    write(paper, text)
    done = paper("cards", "lint", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["schema"]) == (1, "mlkata.cards-lint/1")
    problem = next(problem for problem in found["problems"] if says in problem["problem"])
    assert (problem["path"], problem["line"]) == (str(paper.course / "decks" / "paper.md"), line)
    assert f"paper.md:{line}: " in paper("cards", "lint").stdout


def test_lint_knows_the_mistakes_of_a_kata(terminal: Terminal) -> None:
    """A symptom names a known mistake; another name is answered with the nearest one."""
    cards = terminal.course / "tiny-double" / "cards.md"
    cards.write_text("## Q?\n\n<!-- card: q; kind: symptom; mistake: squares -->\n\nA.\n")
    assert terminal("cards", "lint", "tiny-double").exit_code == 0
    cards.write_text(cards.read_text().replace("squares", "square"))
    assert "no mistake called 'square'. Did you mean 'squares'?" in terminal("cards", "lint").stdout


def test_released_ids_are_permanent(paper: Terminal) -> None:
    """`--record` adds ids; a card that is renamed afterwards is found, with the line of its id."""
    ids = paper.course / "decks" / "released-ids.txt"
    ids.write_text("")
    assert "paper/one is released now." in paper("cards", "lint", "--record").stdout
    assert ids.read_text().splitlines()[-4:] == [
        "paper/one", "tiny-double/agree", "tiny-double/what-is-it", "tiny-sum/empty"
    ]  # fmt: skip
    write(paper, PAPER + ONE.replace("card: one", "card: another"))
    done = paper("cards", "lint")
    assert done.exit_code == 1
    number = ids.read_text().splitlines().index("paper/one") + 1
    assert f"released-ids.txt:{number}: the card 'paper/one' is gone" in done.stdout
    cards = paper.course / "tiny-sum" / "cards.md"
    cards.write_text(cards.read_text().replace("card: empty", "card: nothing"))
    assert "the card 'tiny-sum/empty' is gone" in paper("cards", "lint").stdout
