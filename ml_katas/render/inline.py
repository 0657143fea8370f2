"""One line of Markdown as text: formulas, code and emphasis, without the parser that whole pages need."""

from __future__ import annotations

import re

from rich.text import Text

from .page import Page

_TOKEN = re.compile(r"\\(?P<escaped>.)|`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|\*(?P<italic>[^*\s][^*]*)\*")
_STYLES = {"escaped": "", "code": "cyan", "bold": "bold", "italic": "italic"}


def inline(page: Page, markdown: str, style: str = "") -> Text:
    """Return a line of Markdown, such as a question, in *style*."""
    text, behind = Text(style=style), 0
    source = _readable(page, markdown)
    for match in _TOKEN.finditer(source):
        text.append_text(page.text(source[behind : match.start()]))
        kind = match.lastgroup or ""
        text.append_text(page.text(match[kind], _STYLES[kind]))
        behind = match.end()
    return text.append_text(page.text(source[behind:]))


def _readable(page: Page, markdown: str) -> str:
    if "$" not in markdown:
        return markdown
    from ..mathtext import replace_math  # its parser takes longer to import than everything else here

    return replace_math(markdown, ascii_only=not page.glyphs.unicode)
