"""Rules for what a suite's expectations depend on: not on the solution, and not on when it runs."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ..findings import Finding

_FEWEST = 3
_CHANGING = {
    "time": "the clock",
    "datetime": "the clock",
    "random": "a generator of its own; torch's is seeded for each check",
    "secrets": "chance that no seed brings back",
    "uuid": "chance that no seed brings back",
}
_SKIPPING = ("skip", "skipif", "xfail", "importorskip")
_NAME = re.compile(r"\bName\(id='\w+'")  # in a dump: names of values, not those of operations


def suite_is_no_copy_of_the_solution(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """No function of the suite holds more than half of the solution's statements.

    An expectation that is computed as the solution computes it agrees with every mistake of the solution.

    Write the expectation from something else: the definition as slow loops, a property that must hold,
    autograd on the definition, numbers worked out by hand.
    """
    solution = Counter(_statements(kata.solution_tree))
    total = sum(solution.values())
    if total < _FEWEST:
        return
    for node in ast.walk(kata.suite_tree):
        if isinstance(node, ast.FunctionDef):
            shared = sum((Counter(_statements(node)) & solution).values())
            if 2 * shared > total:
                problem = f"{node.name} holds {shared} of the solution's {total} statements"
                remedy = "compute what is expected in another way"
                yield Finding(path=kata.suite.path, problem=f"{problem}; {remedy}", line=node.lineno)


def suite_depends_on_nothing_that_changes(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The suite reads no clock and draws no random numbers but those of its seeds.

    A report names its seed so that a learner can have the same run again.

    Draw inputs with torch, whose generator is seeded for each check. To ask for speed, compare the time with
    that of a reference in the same check.
    """
    for node in ast.walk(kata.suite_tree):
        for name in _imported(node):
            if name in _CHANGING:
                problem = f"imports {name}: the suite would depend on {_CHANGING[name]}"
                yield Finding(path=kata.suite.path, problem=problem, line=_line(node))


def no_check_is_skipped(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """No check is skipped, or expected to fail.

    A pass means that every check ran and passed; with a skipped one every report is `broken`.

    Leave the check out, or write what must hold instead: on a machine that lacks something, too.
    """
    for node in ast.walk(kata.suite_tree):
        match node:
            case ast.Attribute(attr=name) if name in _SKIPPING and ast.unparse(node).startswith("pytest."):
                problem = f"{ast.unparse(node)} keeps a check from running, so nothing could ever pass"
                yield Finding(path=kata.suite.path, problem=problem, line=node.lineno)


def _statements(tree: ast.AST) -> Iterator[str]:
    """Yield the simple statements inside functions, whatever their names are called."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inner = {id(node) for function in functions for node in ast.walk(function) if node is not function}
    for function in functions:
        if id(function) in inner:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Expr) and not _is_text(node):
                yield _NAME.sub("Name(_", ast.dump(node))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name.partition(".")[0] for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module.partition(".")[0]


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 1))
