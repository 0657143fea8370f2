"""Rules for the formulas and links in what learners read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...mathtext import to_text
from ...mathtext.commands import COMMANDS
from ...mathtext.notation import UNICODE
from ...mathtext.reader import read
from ...mathtext.source import parse
from ...support.toml import read_text
from ..findings import Finding, line_at
from .facts import is_web_address
from .passages import formulas, links, lone_dollars

FILES = ("README.md", "hints.md", "cards.md")
_COMMAND = re.compile(r"\\[A-Za-z]+")


def formulas_can_be_read(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    r"""Every formula can be shown in a terminal, and every $ belongs to one.

    Formulas are translated into plain text (√, Σ, ∈, raised figures); what cannot be translated would reach
    learners as LaTeX source.

    Write it without the command that the finding names, or say it in words; close each $ within its
    paragraph, and write \$ for the sign.
    """
    for path, text in _texts(kata):
        for formula in formulas(text):
            problem = _problem_of_formula(formula.latex)
            if problem:
                whole = " ".join(formula.latex.split())
                yield Finding(
                    path=path, problem=f"the formula ${whole}$ {problem}", line=line_at(text, formula.start)
                )
        for place in lone_dollars(text):
            problem = (
                r"a $ that is part of no formula; close it within its paragraph, or write \$ for the sign"
            )
            yield Finding(path=path, problem=problem, line=line_at(text, place))


def _problem_of_formula(latex: str) -> str:
    try:
        read(parse(latex.strip()), UNICODE, COMMANDS)
    except (ValueError, RecursionError):
        return "cannot be read, so learners would see its source; look at its braces and scripts"
    unknown = _COMMAND.search(to_text(latex))
    return (
        f"uses {unknown[0]}, which terminals would show as it stands; write it otherwise" if unknown else ""
    )


def links_lead_somewhere(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Every link has a text and leads to a web address or to a file in the folder.

    A link that leads nowhere costs each learner the time to find that out.

    Write [text](https://…), or name a file of this folder, relative to it; put both on one line.
    """
    for path, text in _texts(kata):
        for link in links(text):
            problem = _problem_of_link(kata.folder, link.text, link.target)
            if problem:
                yield Finding(path=path, problem=problem, line=line_at(text, link.start))


def _problem_of_link(folder: Path, text: str, target: str | None) -> str:
    if target is None:
        return "a link that is not closed; write [text](address), both on one line"
    if not text:
        return f"the link to {target!r} has no text to read or to click on; write [text](address)"
    if not is_web_address(target) and linked_file(folder, target) is None:
        return f"the link to {target!r} leads nowhere; name a web address (https://…) or a file in the folder"
    return ""


def linked_files(kata: Kata) -> Iterator[Path]:
    """Yield the files in the folder that the brief, the hints and the cards link to."""
    for _, text in _texts(kata):
        found = (linked_file(kata.folder, link.target) for link in links(text) if link.target)
        yield from (path for path in found if path is not None)


def linked_file(folder: Path, target: str) -> Path | None:
    """Return the file below *folder* that *target* names, if there is one."""
    path = folder / unquote(target.partition("#")[0])
    return path if path.is_file() and folder.resolve() in path.resolve().parents else None


def _texts(kata: Kata) -> Iterator[tuple[Path, str]]:
    for name in FILES:
        yield kata.folder / name, read_text(kata.folder / name)
