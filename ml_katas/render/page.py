"""Lines of literal text that fit the console."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from ..support.records import record
from ..support.sanitize import sanitize
from .glyphs import Glyphs

WIDEST = 100  # a line longer than this is hard to read
NARROW = 60


@record
class Page:
    """What is drawn on: its width, its signs."""

    console: Console
    width: int
    glyphs: Glyphs

    @property
    def is_narrow(self) -> bool:
        return self.width < NARROW

    def less(self, columns: int) -> Page:
        return replace(self, width=max(1, self.width - columns))

    def text(self, raw: str, style: str = "") -> Text:
        """Return *raw* as it is: markup is text, and control characters are gone."""
        return Text(self.glyphs.fit(sanitize(raw)).expandtabs(4), style=style)

    def wrapped(self, body: Text) -> list[Text]:
        return list(body.wrap(self.console, self.width)) or [Text()]

    def hanging(self, lead: str | Text, body: Text) -> Iterator[Text]:
        """Yield *body* wrapped to the right of *lead*."""
        lead = Text(lead) if isinstance(lead, str) else lead
        for number, line in enumerate(self.less(lead.cell_len).wrapped(body)):
            line.rstrip()
            yield Text.assemble(lead if number == 0 else " " * lead.cell_len, line)

    def apart(self, left: Text, right: Text, gap: int | None = None) -> Iterator[Text]:
        """Yield *left* and *right* on one line, at its ends or *gap* apart; on two where that is too long."""
        room = self.width - left.cell_len - right.cell_len
        if room >= (gap or 2):
            yield Text.assemble(left, " " * (gap or room), right)
        else:
            indent = len(left.plain) - len(left.plain.lstrip())
            yield from self.hanging(" " * indent, Text.assemble(left)[indent:])
            yield from self.hanging(" " * indent, right)

    def parts(self, *parts: Text) -> Text:
        """Return *parts* with dots between them."""
        return Text(f" {self.glyphs.dot} ").join(part for part in parts if part)


@record
class View:
    """Something to draw once the console is known, at most *widest* columns wide."""

    draw: Callable[[Page], Iterable[RenderableType]]
    widest: int = WIDEST

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page = Page(console, min(options.max_width, self.widest), Glyphs.for_(options))
        for piece in self.draw(page):
            if isinstance(piece, Text):
                piece.rstrip()
                piece.no_wrap, piece.overflow = True, "crop"
            yield from console.render(piece, options.update_width(page.width))
