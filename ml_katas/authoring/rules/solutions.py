"""Rules for the solutions, right and wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ...course.catalog import Catalog
from ...course.kata import Kata, parse_python
from ...support.spelling import nearest
from ...support.toml import read_text
from ..findings import Finding, line_of


def entry_points_are_defined(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Solution, variants and mutants define every entry point at their top level."""
    for path in _solutions(kata):
        defined = set(_defined(parse_python(path)))
        for name in kata.facts.entry_points:
            if name not in defined:
                near = nearest(name, defined)
                problem = f"does not define {name} at its top level, which is an entry point.{near}"
                yield Finding(path=path, problem=problem)


def mutants_name_checks(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """CAUGHT_BY names checks of the suite; two variants and four mutants are there."""
    for mutant in kata.mutants:
        for name in mutant.caught_by:
            if name not in kata.suite.names:
                near = nearest(name, kata.suite.names)
                line = line_of(read_text(mutant.path), r"^CAUGHT_BY\b", rf"[\"']{name}[\"']")
                yield Finding(
                    path=mutant.path, problem=f"CAUGHT_BY names {name!r}, which is no check.{near}", line=line
                )
    if len(kata.variants) < 2:
        yield Finding(path=kata.folder / "variants", problem="at least two other right solutions are needed")
    if len(kata.mutants) < 4:
        yield Finding(path=kata.folder / "mutants", problem="at least four wrong solutions are needed")


def no_two_solutions_are_the_same(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """No variant or mutant is the code of another, or the solution's, under another name."""
    seen: dict[str, Path] = {}
    for path in _solutions(kata):
        first = seen.setdefault(_code(parse_python(path)), path)
        if first is not path:
            same = first.relative_to(kata.folder).as_posix()
            yield Finding(
                path=path,
                problem=f"is the same code as {same}, so it proves nothing more; remove one of them",
            )


def _solutions(kata: Kata) -> tuple[Path, ...]:
    return (kata.solution, *kata.variants, *(mutant.path for mutant in kata.mutants))


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
    tree.body = [node for node in tree.body if not _is_caught_by(node)]
    return ast.dump(tree)


def _is_caught_by(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CAUGHT_BY"
