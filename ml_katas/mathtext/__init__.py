"""LaTeX as text that reads well in a terminal."""

from __future__ import annotations

from functools import partial

from .atoms import join
from .commands import COMMANDS
from .embedded import replaced
from .notation import ASCII, UNICODE
from .reader import read
from .source import parse

__all__ = ["replace_math", "to_text", "translated"]


def to_text(latex: str, *, ascii_only: bool = False) -> str:
    """Return *latex* as readable text; what is not known, or is no LaTeX at all, stays as it is.

    Rows of an aligned formula are lines; everything else is on one line.
    """
    try:
        return translated(latex, ascii_only=ascii_only)
    except (ValueError, RecursionError):
        return latex


def translated(latex: str, *, ascii_only: bool = False) -> str:
    """Return *latex* as `to_text` does. Raises ValueError or RecursionError where it cannot be read."""
    atoms = read(parse(latex.strip()), ASCII if ascii_only else UNICODE, COMMANDS)
    return "\n".join(line.strip() for line in join(atoms).split("\n"))


def replace_math(markdown: str, *, ascii_only: bool = False) -> str:
    """Return *markdown* with `$…$` and `$$…$$` as text; code stays as it is.

    A displayed formula becomes a fenced block marked `math`; in an inline one every
    character that Markdown might read is escaped.
    """
    return replaced(markdown, partial(to_text, ascii_only=ascii_only))
