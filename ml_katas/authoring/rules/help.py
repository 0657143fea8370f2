"""Rules for the hints and the cards."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...course.released import released_lists
from ...support.markdown import Section, sections
from ...support.spelling import nearest
from ...support.toml import read_text
from ..findings import Finding

SHORTEST_KEY_LINE = 18  # what is shorter, such as `x @ lora_A.T`, is a tool that a hint may show
_LAYOUT = re.compile(r"""self\.|[\s()"'`]""")  # what differs between two ways to write the same code


def help_is_there(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """There are three hints with text, and three to eight cards.

    Hints are given one at a time, from the invariant by way of the formula to the key step: with fewer, the
    first gives too much away. Cards keep a kata in memory afterwards; more than eight are a burden on every
    review.

    Write three sections in hints.md, each a `## title` with text below it, and three to eight questions in
    cards.md.
    """
    hints, cards = _hints(kata), len(kata.deck.cards)
    if len(hints) != 3:
        problem = f"three hints are needed, each a `## title`; here: {len(hints)}"
        yield Finding(path=kata.folder / "hints.md", problem=problem)
    for hint in hints:
        if not hint.body:
            problem = f"the hint {hint.title!r} is empty; whoever asks for it gets nothing. Write it"
            yield Finding(path=kata.folder / "hints.md", problem=problem, line=hint.line)
    if not 3 <= cards <= 8:
        yield Finding(
            path=kata.folder / "cards.md", problem=f"three to eight cards are needed; here: {cards}"
        )


def cards_name_mistakes(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """A card about a known mistake names one that the kata has.

    A name that leads nowhere means that the mistake was renamed or taken out, and that nobody looked at the
    card since.

    Write the mistake's heading in mistakes.md behind `mistake:` in the card's comment.
    """
    known = [mistake.name for mistake in kata.mistakes]
    for card in kata.deck.cards:
        if card.mistake and card.mistake not in known:
            problem = f"there is no mistake called {card.mistake!r}.{nearest(card.mistake, known)}"
            yield Finding(path=card.path, problem=problem, line=card.line)


def cards_keep_their_names(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Every card that was released is there under its name.

    What learners know of a card is kept under its name. Under another name it would be asked as a new card,
    and the old one's history would be lost.

    Give the card its name back. Where it is wrong, write a right question and answer under the same name.
    """
    path = kata.folder / "cards.md"
    present = {card.id for card in kata.deck.cards}
    for released in released_lists(catalog):
        if released.holds(path):
            for card in sorted(set(released.of(kata.slug)) - present):
                problem = f"the card {card!r} is gone, which was released; give it its name back"
                yield Finding(path=path, problem=problem)


def hints_leave_the_code_out(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """No hint holds a key line of the solution.

    A hint that can be copied ends the kata: nothing is left to find, and nothing is learned.

    Say in words what the line does and what it is for; name the function to look up, without the arguments
    that it is called with here.
    """
    lines = dict(_key_lines(kata.solution_tree))
    for hint in _hints(kata):
        text = _LAYOUT.sub("", hint.body)
        shown = next((code for code in lines if _LAYOUT.sub("", code) in text), None)
        if shown is not None:
            problem = f"the hint {hint.title!r} holds line {lines[shown]} of the solution, `{shown}`"
            after = "after it nothing is left to find. Say it in words"
            yield Finding(path=kata.folder / "hints.md", problem=f"{problem}; {after}", line=hint.line)


def _hints(kata: Kata) -> tuple[Section, ...]:
    return sections(read_text(kata.folder / "hints.md"))


def _key_lines(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the code of function bodies that is long enough to give the solution away, with its line."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    for node in (inner for function in functions for part in function.body for inner in ast.walk(part)):
        for code in _pieces(node):
            text = ast.unparse(code)
            if len(text) >= SHORTEST_KEY_LINE and not text.startswith(("super()", "raise ")):
                yield text, code.lineno


def _pieces(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what a statement computes or decides by."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign() | ast.Return() | ast.Expr():
            if node.value is not None:
                yield node.value
        case ast.If() | ast.While():
            yield node.test
        case ast.For():
            yield node.iter
