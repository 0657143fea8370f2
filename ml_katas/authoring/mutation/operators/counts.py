"""Mistakes about how many: one entry too many or too few is kept, cut or counted."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..source import Edit, Source
from ..tensor_calls import literal, operation


def k_changed(node: ast.AST, source: Source) -> Iterator[Edit]:
    """top-k keeps one more, or one less."""
    found = operation(node, source)
    k = found.argument(0, "k") if found and found.name in ("topk", "kthvalue") else None
    if k is not None:
        yield from _off_by_one(k, source)


def range_changed(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A loop runs once more, or once less."""
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[stop] | [_, stop] | [_, stop, _]):
            yield from _off_by_one(stop, source)


def slice_moved(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A slice begins or ends one place off."""
    if isinstance(node, ast.Slice):
        for bound in (node.lower, node.upper):
            if bound is not None:
                yield from _off_by_one(bound, source)


def slice_opened(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A slice does not begin, or end, where it is meant to."""
    match node:
        case ast.Slice(lower=None, upper=ast.expr(), step=None):
            yield source.replace(node, ":")
        case ast.Slice(lower=ast.expr(), upper=None, step=None) if literal(node.lower) not in (0, 1):
            yield source.replace(node, ":")
        case ast.Slice(lower=None, upper=None, step=ast.expr()):
            yield source.replace(node, "1" + source.of(node))


def _off_by_one(value: ast.expr, source: Source) -> Iterator[Edit]:
    if literal(value) is None:  # numbers are changed wherever they stand
        text = source.operand(value, instead_of=ast.BinOp(value, ast.Add(), value))
        yield source.replace(value, f"{text} + 1")
        yield source.replace(value, f"{text} - 1")
