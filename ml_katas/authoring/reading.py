"""The rules of a kata that can be read: each yields what is to be mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..catalog import Catalog
from ..kata import Kata
from ..markdown import sections
from ..strict import nearest
from .findings import Finding

BRIEF = ("Description", "Guidance", "What is verified")

Rule = Callable[[Kata, Catalog], Iterator[Finding]]


def brief_is_complete(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The brief has its three sections, in order, each with text."""
    found = sections(kata.brief)
    path = kata.folder / "README.md"
    if tuple(part.title for part in found) != BRIEF:
        yield Finding(
            path, f"its sections must be {', '.join(f'## {title}' for title in BRIEF)}, in this order"
        )
    for part in found:
        if not part.body:
            yield Finding(path, f"the section {part.title!r} is empty", part.line)


def help_is_there(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """There are three hints with text, and three to eight cards."""
    if len(kata.hints) != 3:
        yield Finding(
            kata.folder / "hints.md", f"three hints are needed, each a `## title`; here: {len(kata.hints)}"
        )
    for hint in kata.hints:
        if not hint.text:
            yield Finding(kata.folder / "hints.md", f"the hint {hint.title!r} is empty")
    if not 3 <= len(kata.deck.cards) <= 8:
        yield Finding(
            kata.folder / "cards.md", f"three to eight cards are needed; here: {len(kata.deck.cards)}"
        )


def prerequisites_exist(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Every kata that is required exists."""
    for slug in kata.facts.requires:
        if slug not in catalog.slugs:
            near = nearest(slug, catalog.slugs)
            yield Finding(kata.folder / "kata.toml", f"requires {slug!r}, which no kata is called.{near}")


def mutants_name_checks(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """CAUGHT_BY names checks of the suite; two variants and four mutants are there."""
    for mutant in kata.mutants:
        for name in mutant.caught_by:
            if name not in kata.suite.names:
                near = nearest(name, kata.suite.names)
                yield Finding(mutant.path, f"CAUGHT_BY names {name!r}, which is no check.{near}")
    if len(kata.variants) < 2:
        yield Finding(kata.folder / "variants", "at least two other right solutions are needed")
    if len(kata.mutants) < 4:
        yield Finding(kata.folder / "mutants", "at least four wrong solutions are needed")


RULES: tuple[Rule, ...] = (
    brief_is_complete,
    help_is_there,
    prerequisites_exist,
    mutants_name_checks,
)
