"""Junk submissions: wrong ones made from a kata's solution, which every suite must reject.

Each calls the solution and turns what it answers into junk of one kind, or calls it and spoils the
arguments. Whether that changes anything shows only when it is judged: then it prints `MARK`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ...course.kata import Kata
from ...report import Report
from ...support.records import record

MARK = "mlkata: this answer was altered"

KINDS = {
    "zeros": "returns zeros in every tensor",
    "ones": "returns ones in every tensor",
    "noise": "returns the same random numbers each time",
    "nan": "returns NaN in every floating-point tensor",
    "argument": "returns its argument in place of each tensor",
    "mean": "returns the mean of the right numbers along the last axis in place of each",
    "rounded": "returns the right numbers rounded to bfloat16",
    "digits": "returns the right float64 numbers with the digits of float32",
    "negated": "returns the right numbers with the other sign",
    "shuffled": "returns the right rows in the opposite order",
    "stuck": "returns the first answer again for arguments of the same shapes",
    "empty": "returns tensors of shape (0,)",
    "dtype": "returns the right numbers in another dtype",
    "single": "returns float32 where float64 is right",
    "list": "returns lists in place of tensors",
    "none": "returns None",
    "agreeable": "returns objects that say they are equal to everything",
    "detached": "returns the right numbers, cut off from the graph",
    "gradient": "returns the right numbers, whose gradient is twice the right one",
    "damage": "returns the right answer and changes the tensors that it was given",
    "nothing": "does nothing where it is to change something in place",
    "scaled": "makes the parameters and buffers that it is given 10^12 times larger, and goes on with those",
    "zeroed": "sets the parameters and buffers that it is given to zero, and goes on with those",
    "poisoned": "sets the parameters and buffers that it is given to NaN, and goes on with those",
}
NAMES = tuple(KINDS)
GIVEN = ("scaled", "zeroed", "poisoned")
# Since which construction they are spoiled: a suite may look at the first ones only.
SINCE = (1, 4, 13)


@record
class Junk:
    """A submission whose every answer is junk; *says* what it does: "it returns None"."""

    name: str
    says: str
    source: bytes

    def applies(self, report: Report) -> bool:
        """Return whether it altered anything when *report* was made."""
        return any(MARK in output for output in (report.output, *(check.output for check in report.checks)))


def junk_submissions(kata: Kata) -> tuple[Junk, ...]:
    """Return the junk of each kind; where there are several entry points, also of each by itself."""
    names = kata.facts.entry_points
    tree = kata.solution_tree
    in_place = sorted(_in_place(tree))
    kinds = [kind for kind in NAMES if kind != "nothing" or any(map(_is_public, in_place))]
    ways = [("it", names), *([(name, (name,)) for name in names] if len(names) > 1 else [])]
    right = kata.solution.read_bytes()
    constructs = any(isinstance(node, ast.ClassDef) and node.name in names for node in tree.body)
    return tuple(
        Junk(kind, f"{who} {KINDS[kind]}{_since(n)}", right + _appendix(spoiled, kind, in_place, n))
        for kind in kinds
        for who, spoiled in ways
        for n in (SINCE if kind in GIVEN and constructs else SINCE[:1])
    )


def _since(number: int) -> str:
    return f", from the {number}th time on" if number > 1 else ""


def _appendix(names: tuple[str, ...], kind: str, in_place: list[str], since: int) -> bytes:
    """Return what makes junk of a solution's answers, in a namespace and under a file name of its own."""
    lines = (
        "",
        "",
        "_junk = {'__name__': 'junk'}",
        f"exec(compile({_travelling()!r}, '<junk>', 'exec'), _junk)",
        "_junk['torch'] = __import__('torch')",
        f"_junk['spoil'](globals(), {list(names)}, {kind!r}, {in_place}, {MARK!r}, {since})",
        "",
    )
    return "\n".join(lines).encode()


@cache
def _travelling() -> str:
    return Path(__file__).with_name("spoiler.py").read_text("utf-8")


def _in_place(tree: ast.Module) -> Iterator[str]:
    """Yield the qualified names of functions and methods that return nothing."""
    for node in tree.body:
        owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for function in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(function, ast.FunctionDef) and not any(map(_returns, function.body)):
                yield owner + function.name


def _is_public(name: str) -> bool:
    return not name.rpartition(".")[2].startswith("_")


def _returns(node: ast.AST) -> bool:
    """Return whether *node* returns or yields a value, not counting functions within."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
        return False
    is_answer = isinstance(node, (ast.Yield, ast.YieldFrom)) or (isinstance(node, ast.Return) and node.value)
    return bool(is_answer) or any(map(_returns, ast.iter_child_nodes(node)))
