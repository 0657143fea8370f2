"""Rules for the formulas and links in what learners read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...course.passages import formulas, linked_file, links, lone_dollars, problem_of_formula, problem_of_link
from ...support.toml import read_text
from ..findings import Finding, line_at

FILES = ("README.md", "hints.md", "cards.md")


def formulas_can_be_read(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    r"""Every formula can be shown in a terminal, and every $ belongs to one.

    Formulas are translated into plain text (√, Σ, ∈, raised figures); what cannot be translated would reach
    learners as LaTeX source.

    Write it without the command that the finding names, or say it in words; close each $ within its
    paragraph, and write \$ for the sign.
    """
    for path, text in _texts(kata):
        for formula in formulas(text):
            problem = problem_of_formula(formula.latex)
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


def links_lead_somewhere(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Every link has a text and leads to a web address or to a file in the folder.

    A link that leads nowhere costs each learner the time to find that out.

    Write [text](https://…), or name a file of this folder, relative to it; put both on one line.
    """
    for path, text in _texts(kata):
        for link in links(text):
            problem = problem_of_link(kata.folder, link)
            if problem:
                yield Finding(path=path, problem=problem, line=line_at(text, link.start))


def linked_files(kata: Kata) -> Iterator[Path]:
    """Yield the files in the folder that the brief, the hints and the cards link to."""
    for _, text in _texts(kata):
        found = (linked_file(kata.folder, link.target) for link in links(text) if link.target)
        yield from (path for path in found if path is not None)


def _texts(kata: Kata) -> Iterator[tuple[Path, str]]:
    for name in FILES:
        yield kata.folder / name, read_text(kata.folder / name)
