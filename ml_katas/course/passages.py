"""Markdown seen as rules for authors see it: which passages are code, formulas and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..mathtext.embedded import replaced
from ..support.records import record

_CODE = re.compile(
    r"""
      ^[\s>]*?(?P<fence>```+|~~~+) [^\n]*\n .*? (?: ^[\s>]*(?P=fence)[ \t]*$ | \Z )
    | (?<!`)(?P<ticks>`+)(?!`) (?:(?!\n\n).)+? (?<!`)(?P=ticks)(?!`)
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_DOLLARS = re.compile(r"(?<!\\)\$+")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_LINK = re.compile(r"!?\[(?P<text>[^\[\]]*)\](?P<rest>\((?P<target>(?:[^()\n]|\([^()\n]*\))*)\))")


@record
class Formula:
    """The source of a formula and the places of its first and behind its last character."""

    latex: str
    start: int
    end: int


@record
class Link:
    """A link or picture, and where it stands; without a target where it is not closed."""

    text: str
    target: str | None
    start: int


def formulas(markdown: str) -> tuple[Formula, ...]:
    """Return the formulas of *markdown* in order, as the terminal's reader finds them."""
    found: list[Formula] = []
    seen = _without_code(markdown)

    def note(latex: str) -> str:
        behind = found[-1].end if found else 0
        match = re.compile(rf"\$+{re.escape(latex)}\$+").search(seen, behind)
        places = match.span() if match else (behind, behind)  # a quotation has marks that the formula lacks
        found.append(Formula(latex, *places))
        return ""

    replaced(markdown, note)
    return tuple(found)


def problem_of_formula(latex: str) -> str:
    """Return why a terminal cannot show a formula, or nothing where it can."""
    from ..mathtext import translated

    try:
        text = translated(latex)
    except (ValueError, RecursionError):
        return "cannot be read, so learners would see its source; look at its braces and scripts"
    unknown = _COMMAND.search(text)
    return (
        f"uses {unknown[0]}, which a terminal would show unchanged; write it in another way"
        if unknown
        else ""
    )


def plain(markdown: str) -> str:
    """Return *markdown* with code and formulas blanked; every other character keeps its place."""
    text = _without_code(markdown)
    for formula in formulas(markdown):
        text = text[: formula.start] + _blank(text[formula.start : formula.end]) + text[formula.end :]
    return text


def lone_dollars(markdown: str) -> Iterator[int]:
    """Yield the places of dollar signs that belong to no formula."""
    yield from (match.start() for match in _DOLLARS.finditer(plain(markdown)))


def links(markdown: str) -> Iterator[Link]:
    """Yield the links of *markdown*, also those that are begun and not closed."""
    text = plain(markdown)
    whole = {match.start("rest"): match for match in _LINK.finditer(text)}
    for begun in re.finditer(r"\]\(", text):
        match = whole.get(begun.start() + 1)
        if match is None:
            yield Link("", None, begun.start())
        else:
            target = match["target"].strip().split(maxsplit=1)  # a title may follow
            yield Link(match["text"].strip(), target[0].strip("<>") if target else "", match.start())


def problem_of_link(folder: Path, link: Link) -> str:
    """Return why a link, in a file in *folder*, is of no use, or nothing where it is."""
    text, target = link.text, link.target
    if target is None:
        return "a link that is not closed; write [text](address), both on one line"
    if not text:
        return f"the link to {target!r} has no text to read or to click on; write [text](address)"
    if not is_web_address(target) and linked_file(folder, target) is None:
        return f"the link to {target!r} leads nowhere; name a web address (https://…) or a file in the folder"
    return ""


def linked_file(folder: Path, target: str) -> Path | None:
    """Return the file below *folder* that *target* names, if there is one."""
    path = folder / unquote(target.partition("#")[0])
    return path if path.is_file() and folder.resolve() in path.resolve().parents else None


def is_web_address(url: str) -> bool:
    """Return whether *url* is a whole web address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in parts.netloc.strip(".") and not re.search(r"\s", url)


def _without_code(markdown: str) -> str:
    return _CODE.sub(lambda match: _blank(match[0]), markdown)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
