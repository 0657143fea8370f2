"""Rules for the katas that come first."""

from __future__ import annotations

from collections.abc import Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...errors import MlkataError
from ...support.spelling import nearest
from ...support.toml import read_text
from ..findings import Finding, line_of


def prerequisites_exist(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Every kata that is required, or built on, exists.

    Learners are sent to these katas first; a name that no kata has sends them nowhere.

    Write the slug as `mlkata list` shows it, or remove it from 'requires' or 'builds_on'.
    """
    for slug in kata.facts.prerequisites:
        if slug not in catalog.slugs:
            near = nearest(slug, catalog.slugs)
            yield _finding(kata, f"asks for {slug!r} first, and no kata has that name.{near}", slug)


def prerequisites_form_no_cycle(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """No kata is required for itself, at once or by way of others.

    In a cycle nobody knows where to begin: each of its katas asks for another one first.

    Of two katas let the one require the other that uses its idea, and remove the opposite direction.
    """
    for slug in kata.facts.prerequisites:
        way = _way(catalog, slug, kata.slug, (kata.slug,))
        if way:
            problem = f"requires itself: {' -> '.join(way)}. Nobody could begin: drop one of them"
            yield _finding(kata, problem, slug)


def _way(catalog: Catalog, start: str, goal: str, passed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first way of prerequisites from *start* to *goal*, behind those *passed*; none is empty."""
    if start == goal:
        return (*passed, start)
    if start in passed:
        return ()
    ways = (_way(catalog, slug, goal, (*passed, start)) for slug in _requires(catalog, start))
    return next((way for way in ways if way), ())


def _requires(catalog: Catalog, slug: str) -> tuple[str, ...]:
    if slug not in catalog.slugs:
        return ()
    try:
        return catalog.find(slug).facts.prerequisites
    except MlkataError:
        return ()  # a broken kata is reported in its own proof


def _finding(kata: Kata, problem: str, slug: str) -> Finding:
    path = kata.folder / "kata.toml"
    return Finding(
        path=path,
        problem=problem,
        line=line_of(read_text(path), r"^[ \t]*(requires|builds_on)[ \t]*=", f"[\"']{slug}[\"']"),
    )
