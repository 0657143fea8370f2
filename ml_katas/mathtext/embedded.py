"""Formulas inside Markdown, replaced by text that Markdown leaves alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_FENCE = re.compile(r"[\s>]*(```+|~~~+)")
_MATH = re.compile(
    r"""
      (?P<kept>  \\.  |  (?P<ticks>(?<!`)`+(?!`)) (?:(?!\n\n).)+? (?<!`)(?P=ticks)(?!`)  )
    | \$\$ (?P<display> (?:(?!\n\s*\n) [^$\\] | \\. )+ ) \$\$
    | \$ (?P<inline> (?![\s$]) (?:(?!\n\s*\n) [^$`\\] | \\. )+? ) (?<!\s)\$ (?!\d)
    """,
    re.VERBOSE | re.DOTALL,
)
_LEADER = re.compile(r"(?:\s*(?:>|[-*+](?=\s)|\d+[.)](?=\s)))*\s*")
_QUOTE = re.compile(r"(?<=\n)\s*>")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")

Translate = Callable[[str], str]


def replaced(markdown: str, translate: Translate) -> str:
    """Return *markdown* with its formulas translated, outside of code."""
    return "".join(
        part if is_code else _MATH.sub(lambda match: _text(match, translate), part)
        for is_code, part in _parts(markdown)
    )


def _parts(markdown: str) -> Iterator[tuple[bool, str]]:
    """Yield the stretches of *markdown*, with whether each is fenced code."""
    fence, part = "", ""
    for line in markdown.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if mark and not fence:
            yield False, part
            fence, part = mark[1], line
        elif mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
            yield True, part + line
            fence, part = "", ""
        else:
            part += line
    yield bool(fence), part


def _text(match: re.Match[str], translate: Translate) -> str:
    if match["kept"]:
        return match[0]
    start = match.string.rfind("\n", 0, match.start()) + 1
    line = match.string[start : match.start()]
    if match["display"] and not line.lstrip().startswith("|"):
        latex = _QUOTE.sub("", match["display"]) if ">" in line else match["display"]
        return _on_its_own(translate(latex), line, match.string[match.end() :])
    return _escaped(translate(match["display"] or match["inline"]))


def _escaped(text: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", text.replace("\n", "; "))


def _on_its_own(text: str, before: str, after: str) -> str:
    """Return *text* as a block of its own, as far in as the line *before* it."""
    leader = _LEADER.match(before)
    margin = re.sub(r"[^>\s]", " ", leader[0] if leader else "")
    lines = ["```math", *text.splitlines(), "```"]
    opening = "" if not before[len(margin) :].strip() else "\n" + margin
    closing = "" if not after.split("\n", 1)[0].strip() else "\n" + margin
    return opening + f"\n{margin}".join(lines) + closing
