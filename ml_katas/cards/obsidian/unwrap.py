"""Paragraphs on one line each: Obsidian shows every line end of a paragraph as one."""

from __future__ import annotations

import re

from ...support.markdown import parted

# What begins a line of its own, and what nothing can be joined to.
_BEGINS = re.compile(r"\s*(?:[-*+] |\d+[.)] |\||>|#{1,6} |!\[|\$\$|```|~~~|\*\*\*$|---$|===)|(?: {4}|\t)")
_ENDS = re.compile(r".*(?:  |\\|<br ?/?>)$|\s*(?:\||#{1,6} |!\[[^\]]*\]\([^)]*\)$|\*\*\*$|---$)|(?: {4}|\t)")


def unwrapped(text: str) -> str:
    """Return *text* with the lines of each paragraph and list item joined; code, formulas, tables stay."""
    lines = text.split("\n")
    code = {number for fence in parted(enumerate(lines))[1] for number in fence.span}
    joined: list[str] = []
    can_join, is_formula = False, False
    for number, line in enumerate(lines):
        if can_join and number not in code and line.strip() and not _BEGINS.match(line):
            joined[-1] += " " + line.strip()
        else:
            joined.append(line)
        is_formula ^= number not in code and line.count("$$") % 2 == 1
        closes = is_formula or joined[-1].rstrip().endswith("$$")
        can_join = number not in code and bool(line.strip()) and not closes and not _ENDS.match(line)
    return "\n".join(joined)
