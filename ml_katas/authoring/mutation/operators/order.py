"""Mistakes of order: neighbours that stand in each other's place."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..source import Edit, Source
from ..tensor_calls import literal, names, operation

# Calls that do not mind the order of their arguments, or that take a name first.
_INDIFFERENT = names(
    "max min maximum minimum add mul eq ne dot logaddexp logical_and logical_or promote_types result_type"
    " equal transpose swapaxes swapdims allclose isclose mse_loss l1_loss register_buffer"
    " register_parameter getattr setattr where einsum register_module add_module masked_fill masked_fill_"
    " dropout"
)
_SHAPES = names(
    "view reshape expand repeat permute unflatten zeros ones empty randn rand full new_zeros new_ones"
    " new_empty new_full movedim"
)
_JOINING = names("cat concat stack hstack vstack")


def arguments_exchanged(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Two neighbouring arguments stand in each other's place."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=args) if (
            name not in _INDIFFERENT
        ):
            for first, second in pairwise(args):
                if name in _SHAPES or _is_number(first) == _is_number(second):
                    yield from _exchanged(first, second, source)


def branches_exchanged(node: ast.AST, source: Source) -> Iterator[Edit]:
    """where() gives the one for the other."""
    found = operation(node, source)
    if found and found.name == "where" and not found.is_method and len(found.arguments) == 2:
        yield from _exchanged(*found.arguments, source)


def results_exchanged(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Two results are returned in each other's place."""
    match node:
        case ast.Return(value=ast.Tuple(elts=elements)):
            yield from _all_exchanged(elements, source)


def indices_exchanged(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Two neighbouring indices or slices stand in each other's place, or a new axis on the wrong side."""
    match node:
        case ast.Subscript(slice=ast.Tuple(elts=elements), ctx=ast.Load() | ast.Store()):
            yield from _all_exchanged(elements, source)


def targets_exchanged(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Two results are taken for each other."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=elements)], value=value) if not isinstance(value, ast.Tuple):
            yield from _all_exchanged(elements, source)


def elements_exchanged(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Two neighbouring sizes of a shape, or parts that are joined, stand in each other's place."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name), args=args) if name in _SHAPES | _JOINING:
            for argument in args:
                if isinstance(argument, ast.Tuple | ast.List):
                    yield from _all_exchanged(argument.elts, source)


def _all_exchanged(elements: Sequence[ast.expr], source: Source) -> Iterator[Edit]:
    for first, second in pairwise(elements):
        yield from _exchanged(first, second, source)


def _exchanged(first: ast.expr, second: ast.expr, source: Source) -> Iterator[Edit]:
    if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
        between = source.between(source.end(first), source.start(second))
        yield Edit(source.start(first), source.end(second), source.of(second) + between + source.of(first))


def _is_number(node: ast.expr) -> bool:
    return literal(node) is not None
