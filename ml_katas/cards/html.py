"""A card's Markdown as HTML, its formulas between the marks that MathJax looks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from html import escape
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from ..mathtext.embedded import replaced

# A formula travels through Markdown as a number between two characters that no text has.
_OPEN, _CLOSE = "\ue000", "\ue001"
_FORMULA = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_SAFE_TAG = re.compile(r"&lt;(/?(?:b|br|em|i|kbd|s|strong|sub|sup|u)) ?/?&gt;")

PictureSource = Callable[[str], str]


class HtmlWriter:
    """Writes Markdown as HTML; raw HTML in it is text, but for a few plain tags such as `<br>` and `<sup>`.

    *source* says for the target of each picture what the page is to load; where it says nothing, the words
    for the picture stand in its place.
    """

    def __init__(self, source: PictureSource) -> None:
        self._source = source
        self._formulas: list[str] = []

    def block(self, markdown: str) -> str:
        """Return paragraphs, lists, tables, code and formulas."""
        return self._written(markdown, self._markdown.render)

    def line(self, markdown: str) -> str:
        """Return text without paragraphs, but for displayed formulas: a question."""
        return (
            self.block(markdown) if "$$" in markdown else self._written(markdown, self._markdown.renderInline)
        )

    def _written(self, markdown: str, write: Callable[[str], str]) -> str:
        self._formulas.clear()
        text = replaced(markdown.replace(_OPEN, "").replace(_CLOSE, ""), self._kept)
        return _FORMULA.sub(self._inline, write(text)).strip()

    def _kept(self, latex: str) -> str:
        self._formulas.append(latex.strip())
        return f"{_OPEN}{len(self._formulas) - 1}{_CLOSE}"

    def _inline(self, match: re.Match[str]) -> str:
        return rf"\({self._formula(match)}\)"

    def _display(self, match: re.Match[str]) -> str:
        return rf"\[{self._formula(match)}\]"

    def _formula(self, match: re.Match[str]) -> str:
        return escape(self._formulas[int(match[1])], quote=False).replace('"', "&quot;")

    @cached_property
    def _markdown(self) -> MarkdownIt:
        markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
        rules = {"text": self._text, "fence": self._fence, "image": self._image}
        for name, rule in rules.items():
            markdown.renderer.rules[name] = rule  # type: ignore[attr-defined]
        return markdown

    def _text(self, tokens: Sequence[Token], index: int, *_: object) -> str:
        # MathJax would take \( and \[ of the text for its own marks; a tag between the two hides them.
        text = re.sub(r"\\([(\[])", r"\\<span>\1</span>", escape(tokens[index].content, quote=False))
        return _SAFE_TAG.sub(r"<\1>", text)

    def _fence(self, tokens: Sequence[Token], index: int, *_: object) -> str:
        token = tokens[index]
        words = token.info.split()
        if words == ["math"]:
            return f"<p>{_FORMULA.sub(self._display, token.content.strip())}</p>\n"
        language = f' class="language-{escape(words[0])}"' if words else ""
        return f"<pre><code{language}>{escape(token.content, quote=False)}</code></pre>\n"

    def _image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[index]
        source = self._source(unquote(str(token.attrs["src"])))
        alt = escape(RendererHTML().renderInlineAsText(token.children or [], options, env))
        return f'<img src="{escape(source)}" alt="{alt}">' if source else f"<em>[{alt}]</em>"
