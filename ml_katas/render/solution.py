"""The reference solution, alone or beside the learner's own."""

from __future__ import annotations

from collections.abc import Iterator

from pygments.token import Comment, Keyword, Name, Number, Operator, String, Token
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.text import Text

from ..course.kata import Kata
from ..support.alignment import aligned, code_of
from ..support.records import record
from .brief import reference_lines
from .page import Page, View

_SIDE_BY_SIDE = 80
_WIDEST = 200


@record
class _Pair:
    """Two lines that stand for each other; `sign` says how their code differs, as in `diff -y`."""

    yours: Text | None
    sign: str
    theirs: Text | None

    @property
    def is_equal(self) -> bool:
        """Return whether they are one line, comment and all."""
        sides = {line.plain.rstrip() if line is not None else None for line in (self.yours, self.theirs)}
        return len(sides) == 1


def code_view(source: str) -> View:
    """Return Python source as it is, its long lines wrapped."""
    return View(lambda page: (part for line in code_lines(page, source) for part in fitted_lines(page, line)))


def solution_view(kata: Kata, solution: str) -> View:
    """Return the solution, then what to read on."""
    return View(lambda page: _solution(page, kata, solution))


def comparison_view(kata: Kata, yours: str, solution: str) -> View:
    """Return both beside each other; below 80 columns line by line in one column, signed - and +."""
    return View(lambda page: _comparison(page, kata, yours, solution), _WIDEST)


def _solution(page: Page, kata: Kata, solution: str) -> Iterator[Text]:
    yield from _title(page, kata)
    for line in code_lines(page, solution):
        yield from (Text.assemble("  ", part) for part in fitted_lines(page.less(2), line))
    yield from _further_reading(page, kata)


def _comparison(page: Page, kata: Kata, yours: str, solution: str) -> Iterator[Text]:
    yield from _title(page, kata)
    pairs = list(_pairs(code_lines(page, yours), code_lines(page, solution)))
    yield from _beside(page, kata, pairs) if page.width >= _SIDE_BY_SIDE else _below(page, pairs)
    yield from _further_reading(page, kata)


def _title(page: Page, kata: Kata) -> Iterator[Text]:
    yield from page.wrapped(Text.assemble(page.text(kata.slug, "bold"), "  ", page.text(kata.facts.title)))
    yield Text()


def _further_reading(page: Page, kata: Kata) -> Iterator[Text]:
    if kata.facts.references:
        yield from (Text(), Text("Further reading", style="bold"), Text())
        for number, reference in enumerate(kata.facts.references, 1):
            yield from reference_lines(page, f"{number}. ", reference)


def _pairs(yours: list[Text], theirs: list[Text]) -> Iterator[_Pair]:
    for a, b in aligned([line.plain for line in yours], [line.plain for line in theirs]):
        left = None if a is None else yours[a]
        right = None if b is None else theirs[b]
        if left is None or right is None:
            yield _Pair(left, "<" if left else ">", right)
        else:
            yield _Pair(left, " " if code_of(left.plain) == code_of(right.plain) else "|", right)


def _beside(page: Page, kata: Kata, pairs: list[_Pair]) -> Iterator[Text]:
    half = page.less(page.width - (page.width - 3) // 2)
    yield _row(half, Text(kata.file_name, "bold"), " ", Text("the solution", "bold"))
    for pair in pairs:
        left = fitted_lines(half, pair.yours) if pair.yours is not None else []
        right = fitted_lines(half, pair.theirs) if pair.theirs is not None else []
        for n in range(max(len(left), len(right))):
            sides = (lines[n] if n < len(lines) else Text() for lines in (left, right))
            yield _row(half, next(sides), pair.sign, next(sides))


def _row(half: Page, left: Text, sign: str, right: Text) -> Text:
    left, right = left.copy(), right.copy()
    left.rstrip()
    left.pad_right(half.width - left.cell_len)
    return Text.assemble(left, (f" {sign} ", "yellow"), right)


def _below(page: Page, pairs: list[_Pair]) -> Iterator[Text]:
    yield from page.wrapped(Text.assemble(("- ", "red"), "yours   ", ("+ ", "green"), "the solution"))
    yield Text()
    waiting: list[Text] = []  # lines of the solution follow those of yours that they replace
    for pair in pairs:
        if pair.is_equal:
            yield from _signed(page, "+ ", "green", waiting)
            yield from _signed(page, "  ", "", [pair.yours or Text()])
            waiting = []
            continue
        if pair.yours is not None:
            yield from _signed(page, "- ", "red", [pair.yours])
        waiting += [pair.theirs] if pair.theirs is not None else []
    yield from _signed(page, "+ ", "green", waiting)


def _signed(page: Page, sign: str, style: str, lines: list[Text]) -> Iterator[Text]:
    for line in lines:
        for number, part in enumerate(fitted_lines(page.less(2), line)):
            yield Text.assemble((sign if number == 0 else "  ", style), part)


_THEME = ANSISyntaxTheme({
    Token: Style(), Keyword: Style(color="magenta"), Operator.Word: Style(color="magenta"),
    String: Style(color="green"), Number: Style(color="cyan"), Comment: Style(italic=True, dim=True),
    Name.Function: Style(color="blue", bold=True), Name.Class: Style(color="blue", bold=True),
    Name.Decorator: Style(color="magenta"), Name.Builtin: Style(color="cyan"),
})  # fmt: skip


def code_lines(page: Page, source: str) -> list[Text]:
    """Return *source* line by line, as literal text that the terminal can show."""
    literal = page.text(source).plain
    text = Syntax("", "python", theme=_THEME, background_color="default").highlight(literal)
    lines = list(text.split("\n", allow_blank=True))
    return lines[: len(literal.splitlines())]


def fitted_lines(page: Page, line: Text) -> list[Text]:
    """Return a line of code, broken where it is too long; what is broken off is indented once more."""
    depth = len(line.plain) - len(line.plain.lstrip())
    first = page.wrapped(line)[0]
    if first.cell_len >= line.cell_len or page.width < depth + 12:
        return page.wrapped(line)
    rest = line[len(first.plain) :]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    return [first, *page.hanging(" " * (depth + 4), rest)]
