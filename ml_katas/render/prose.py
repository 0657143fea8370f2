"""Markdown with formulas, drawn without boxes and backgrounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.segment import Segment
from rich.text import Text
from rich.theme import Theme

from ..mathtext import replace_math
from ..support.records import record
from ..support.sanitize import sanitize
from .glyphs import Glyphs

_THEME = Theme({
    "markdown.h1": "bold", "markdown.h2": "bold", "markdown.h3": "bold", "markdown.h4": "bold",
    "markdown.h5": "bold", "markdown.h6": "bold", "markdown.code": "cyan", "markdown.code_block": "cyan",
    "markdown.link": "cyan", "markdown.link_url": "cyan", "markdown.block_quote": "none",
    "markdown.item.bullet": "bold", "markdown.item.number": "bold", "markdown.hr": "dim",
    "markdown.table.border": "dim", "markdown.table.header": "bold",
})  # fmt: skip


class _Heading(Heading):
    """A heading at the left."""

    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield self.text


class _Block(CodeBlock):
    """Code or a displayed formula: indented, as it is."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        style = "" if self.lexer_name == "math" else "markdown.code_block"
        for line in Text(str(self.text).rstrip()).split("\n"):
            for part in line.wrap(console, max(1, options.max_width - 4)):
                part.rstrip()
                yield Text.assemble("    ", (part.plain, style), no_wrap=True)


class _Markdown(Markdown):
    """Markdown with our headings and blocks."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements, "heading_open": _Heading, "fence": _Block, "code_block": _Block,
    }  # fmt: skip


@record
class Prose:
    """Markdown to be drawn once the console is known."""

    markdown: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        glyphs = Glyphs.for_(options)
        source = glyphs.fit(replace_math(sanitize(self.markdown), ascii_only=not glyphs.unicode))
        with console.use_theme(_THEME):
            segments = list(console.render(_Markdown(source, hyperlinks=False), options))
        for line in Segment.split_lines(segments):
            yield from _trimmed([Segment(glyphs.fit(text), style) for text, style, _ in line])
            yield Segment.line()


def _trimmed(line: list[Segment]) -> Iterator[Segment]:
    """Yield *line* without the blanks at its end."""
    while line and not line[-1].text.strip():
        line.pop()
    if line:
        yield from line[:-1]
        yield Segment(line[-1].text.rstrip(), line[-1].style)
