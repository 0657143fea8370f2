"""Mistakes of logic: a comparison off by its boundary, a condition that always holds, a mask inside out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from ..source import Edit, Source
from ..tensor_calls import operation

_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<", ">=")),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">", "<=")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
}


def comparison_changed(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A comparison takes its boundary in or leaves it out, or looks the other way."""
    if isinstance(node, ast.Compare):
        for (left, right), compare in zip(pairwise([node.left, *node.comparators]), node.ops, strict=True):
            token, others = _COMPARISONS.get(type(compare), ("", ()))
            for other in others:
                yield from source.replace_token(left, right, token, other)


def and_exchanged(node: ast.AST, source: Source) -> Iterator[Edit]:
    """And is or."""
    if isinstance(node, ast.BoolOp):
        token, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in pairwise(node.values):
            yield from source.replace_token(left, right, token, other)


def negation_dropped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A not is forgotten, or the inversion of a mask."""
    match node:
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield source.replace(node, source.operand(operand))


def condition_forced(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A condition always holds, or never."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.Constant):
            yield source.replace(test, "True")
            yield source.replace(test, "False")
        case ast.While(test=test) if not isinstance(test, ast.Constant):
            yield source.replace(test, "False")
        case ast.comprehension(ifs=tests):
            yield from (source.replace(test, "True") for test in tests)


def training_negated(node: ast.AST, source: Source) -> Iterator[Edit]:
    """What is for training happens in evaluation."""
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr="training", ctx=ast.Load()):
            yield source.replace(node, "(not self.training)")


def mask_inverted(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A mask hides what it is to show."""
    found = operation(node, source)
    if found and found.name in ("masked_fill", "masked_fill_", "masked_select"):
        mask = found.argument(0, "mask")
        if mask is not None and not _is_inverted(mask):
            yield source.replace(mask, f"~{source.operand(mask)}")


def _is_inverted(mask: ast.expr) -> bool:
    return isinstance(mask, ast.UnaryOp) and isinstance(mask.op, ast.Invert)
