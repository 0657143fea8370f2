"""Python in the colours of the terminal's own palette, which suit dark and light backgrounds."""

from __future__ import annotations

from pygments.token import Comment, Keyword, Name, Number, Operator, String, Token
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.text import Text

from .page import Page

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
