"""The page on writing a kata: its worked example is proven, and what it quotes is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ml_katas.course.kata import Kata
from tests.docs.pages import PAGES

if TYPE_CHECKING:
    from conftest import Terminal

pytestmark = pytest.mark.usefixtures("warm")

PAGE = PAGES["writing-a-kata.md"]


@dataclass(frozen=True)
class Block:
    """Fenced code: what its first line says (`title=suite.py`, `from=suite.py`) and its text."""

    says: str
    name: str
    text: str


BLOCKS = [
    Block(match[2], match[3], match[4])
    for match in re.finditer(r"^(````?)\w+ (title|from)=(\S+)\n(.*?)^\1$", PAGE, re.MULTILINE | re.DOTALL)
]
FILES = {block.name: block.text for block in BLOCKS if block.says == "title"}
COMMANDS = sorted(set(re.findall(r"(?:^    |`)(mlkata [^`\n]*)", PAGE, re.MULTILINE)))


@pytest.fixture
def example(terminal: Terminal) -> Path:
    """Return the kata whose files the page shows, in the folder `katas` of the terminal."""
    for name, text in FILES.items():
        path = terminal.folder / "katas" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return terminal.folder / "katas" / "rl-returns"


def test_the_worked_example_is_proven(terminal: Terminal, example: Path) -> None:
    """The files of the page are a kata that `author check` finds no error in."""
    result = terminal("author", "check", "rl-returns", "--katas", "katas")
    assert result.exit_code == 0, result.output


def test_the_worked_example_meets_the_standard(example: Path) -> None:
    """It has two variants, four mistakes, three hints and three to eight cards, as the page asks for."""
    kata = Kata.load(example)
    assert len(kata.variants) >= 2
    assert len(kata.mistakes) >= 4
    assert len(kata.hints) == 3
    assert 3 <= len(kata.deck.cards) <= 8


def test_a_draft_of_the_worked_example_can_be_begun_with(terminal: Terminal) -> None:
    """The command by which the page begins its kata works on the solution that it ends with."""
    (terminal.folder / "katas").mkdir()
    (terminal.folder / "draft.py").write_text(FILES["rl-returns/solution.py"], encoding="utf-8")
    command = next(line for line in COMMANDS if "--from" in line)
    title = re.findall(r'"(.*?)"', command)
    words = [title.pop(0) if word == "TITLE" else word for word in re.sub('".*?"', "TITLE", command).split()]
    result = terminal(*words[1:])
    assert result.exit_code == 0, result.output
    facts = Kata.load(terminal.folder / "katas" / "rl-returns").facts
    assert (facts.title, facts.minutes, facts.entry_points) == (
        "Discounted Returns",
        10,
        ("discounted_returns",),
    )


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.says == "from"], ids=lambda b: b.name)
def test_excerpts_are_what_the_files_say(block: Block) -> None:
    """Code that the text quotes stands in the file that it names."""
    assert block.text in FILES[f"rl-returns/{block.name}"]
