"""The signs that a screen shows, and what a terminal that knows only ASCII shows in their place."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from ..support.records import record

if TYPE_CHECKING:
    from rich.console import ConsoleOptions

_ASCII = str.maketrans({
    "✓": "ok", "✗": "x", "·": "*", "×": "x", "−": "-", "–": "-", "—": "-", "…": "...", "→": "->", "←": "<-",
    "↳": "->", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~=", "√": "sqrt", "∞": "inf", "Δ": "d", "ε": "eps",
    "“": '"', "”": '"', "‘": "'", "’": "'", "′": "'", "•": "*", "▌": "|", "│": "|", "─": "-",
    "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+", "┴": "+", "┼": "+",
    "╌": "-", "╎": "|", "▲": "^", "▼": "v", "◀": "<", "▶": ">", "Σ": "sum", "█": "#", "░": ".",
    "\N{NO-BREAK SPACE}": " ", "\N{REPLACEMENT CHARACTER}": "?",
})  # fmt: skip


@record(kw_only=True)
class Glyphs:
    """One set of signs; `width` is what the sign before a check takes."""

    unicode: bool
    passed: str
    failed: str
    started: str
    dot: str
    arrow: str
    delta: str
    ellipsis: str
    bar: str
    width: int

    @classmethod
    def for_(cls, options: ConsoleOptions) -> Glyphs:
        return ASCII if options.ascii_only or options.legacy_windows else UNICODE

    def fit(self, text: str) -> str:
        """Return *text* in characters that the terminal has; what has no likeness becomes an escape."""
        if self.unicode or text.isascii():
            return text
        decomposed = unicodedata.normalize("NFKD", text.translate(_ASCII))
        letters = "".join(c for c in decomposed if not unicodedata.combining(c))
        return letters.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


UNICODE = Glyphs(
    unicode=True,
    passed="✓",
    failed="✗",
    started="…",
    dot="·",
    arrow="↳",
    delta="Δ",
    ellipsis="…",
    bar="│",
    width=1,
)
ASCII = Glyphs(
    unicode=False,
    passed="ok",
    failed="FAIL",
    started="..",
    dot="-",
    arrow="->",
    delta="d",
    ellipsis="...",
    bar="|",
    width=4,
)
