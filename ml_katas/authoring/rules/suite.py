"""Rules for how a suite is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...support.spelling import nearest
from ..findings import Finding

LONGEST_SENTENCE = 110
_FOREIGN = re.compile(r"(torch|np|numpy)\.testing\.assert_\w+")
_LIBRARIES = ("torch", "np", "numpy")


def suite_imports_the_entry_points(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The suite imports every entry point from the submission, and nothing else.

    What is not imported is not checked, although learners are asked to write it; what is imported beyond that
    fails for every learner who did not define it.

    Write `from submission import …` with the names of 'entry_points', and a check for each.
    """
    names, imported = kata.facts.entry_points, set()
    for node in ast.walk(kata.suite_tree):
        if isinstance(node, ast.ImportFrom) and node.module == "submission":
            for alias in node.names:
                imported.add(alias.name)
                if alias.name not in names:
                    problem = f"imports {alias.name} from the submission, which is not an entry point."
                    remedy = nearest(alias.name, names) or " Add it to 'entry_points', or do without it."
                    yield Finding(path=kata.suite.path, problem=problem + remedy, line=node.lineno)
    for name in names:
        if name not in imported:
            problem = f"never says `from submission import {name}`, so {name} is not checked; add checks"
            yield Finding(path=kata.suite.path, problem=problem)


def sentences_are_short(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The first line of a check's docstring is a sentence that fits on a line.

    It is all that learners see of a check that passed, and the first line of one that failed.

    Say in one sentence what holds ("Ties go to the lower index."), with a full stop; further explanation goes
    below it.
    """
    for node in kata.suite_tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in kata.suite.names:
            sentence = (ast.get_docstring(node) or "").partition("\n")[0]
            line = node.body[0].lineno
            if not sentence.endswith("."):
                problem = "learners see the docstring's first line; make it one sentence, with a full stop"
                yield Finding(path=kata.suite.path, problem=problem, line=line)
            if len(sentence) > LONGEST_SENTENCE:
                problem = f"a sentence of {len(sentence)} characters; learners see it on one line: "
                yield Finding(path=kata.suite.path, problem=f"{problem}{LONGEST_SENTENCE} at most", line=line)


def suite_compares_by_itself(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """No result of the submission is asked whether it is right: an object can lie about that.

    `result.equal(expected)` is a method of what the submission returned, and answers as its author likes.
    `torch.allclose` and the like say only true or false, so that a learner does not see what differs.

    Compare with `assert_close` (or `assert_shape`) of `ml_katas.testing`, which reads the values and shows
    where they differ.
    """
    for node in ast.walk(kata.suite_tree):
        for call in _foreign_comparisons(node):
            problem = f"{call} trusts what the submission returned, and says little where it differs"
            yield Finding(
                path=kata.suite.path,
                problem=f"{problem}; use assert_close of ml_katas.testing",
                line=_line(node),
            )


def _foreign_comparisons(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ImportFrom(module="torch.testing"):
            yield "torch.testing"
        case ast.Call(func=function) if _FOREIGN.fullmatch(ast.unparse(function)):
            yield ast.unparse(function)
        case ast.Assert(test=test):
            yield from (name for call in ast.walk(test) if (name := _comparison(call, call is test)))


def _comparison(node: ast.AST, is_all: bool) -> str:
    """Return how *node* calls `allclose` or `equal`; a library's only where it is all that is asserted."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="allclose" | "equal") as function):
            is_method = ast.unparse(owner) not in _LIBRARIES
            return ast.unparse(function) if is_method or is_all else ""
    return ""


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 1))
