"""Rules for the solutions, right and wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ...course.catalog import Catalog
from ...course.kata import Kata, parse_python
from ...support.spelling import nearest
from ..findings import Finding


def entry_points_are_defined(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Solution, variants and mistakes define every entry point at their top level.

    The suite imports the entry points from each of them; one that lacks a name fails at its import, which
    proves nothing about the suite.

    Define it there, or assign it (`name = Other`); correct 'entry_points' in kata.toml where the name is the
    mistake.
    """
    for path, line, tree in _solutions(kata):
        defined = set(_defined(tree))
        for name in kata.facts.entry_points:
            if name not in defined:
                near = nearest(name, defined)
                problem = f"does not define {name} at its top level, which is an entry point.{near}"
                yield Finding(path=path, problem=problem, line=line)


def wrong_and_right_are_many(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Two variants and four mistakes are there.

    Mistakes prove that the suite asks for enough. Variants prove that it asks for no more than the brief;
    with fewer than two it may well follow the solution's own habits.

    Write variants that compute the same in another way, and mistakes for misconceptions that you have seen:
    `mlkata author mistake KATA FILE` makes an entry of a wrong submission.
    """
    if len(kata.variants) < 2:
        yield Finding(path=kata.folder / "variants", problem="at least two other right solutions are needed")
    if len(kata.mistakes) < 4:
        yield Finding(path=kata.folder / "mistakes.md", problem="at least four known mistakes are needed")


def no_two_solutions_are_the_same(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """No variant or mistake is the code of another, or the solution's, under another name.

    The same code judged twice proves nothing more, and costs each proof its time.

    Remove one of the two; a variant must compute in another way, not with other names in its comments.
    """
    seen: dict[str, str] = {}
    for path, line, tree in _solutions(kata):
        name = path.relative_to(kata.folder).as_posix() + (f":{line}" if line else "")
        first = seen.setdefault(_code(tree), name)
        if first != name:
            problem = f"is the same code as {first}, so it proves nothing more; remove one of them"
            yield Finding(path=path, problem=problem, line=line)


def _solutions(kata: Kata) -> Iterator[tuple[Path, int | None, ast.Module]]:
    """Yield every solution, right and wrong, with where it stands."""
    for path in (kata.solution, *kata.variants):
        yield path, None, parse_python(path)
    for mistake in kata.mistakes:
        yield mistake.path, mistake.line, ast.parse(mistake.source)


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def _code(tree: ast.Module) -> str:
    """Return what a solution does, without what it says of itself."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = node.body[ast.get_docstring(node) is not None :]
    return ast.dump(tree)
