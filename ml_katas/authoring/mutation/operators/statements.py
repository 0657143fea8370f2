"""Mistakes about statements: one is forgotten, or an accumulation only keeps its last term."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..source import Edit, Source
from ..tensor_calls import names
from .arithmetic import TOKENS

_KEPT = names("register_buffer register_parameter append __init__")


def statement_deleted(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A statement that changes something is forgotten."""
    if isinstance(node, ast.stmt) and _has_effect(node, source) and not _is_all_of_a_condition(node, source):
        yield source.replace(node, "pass")


def body_deleted(node: ast.AST, source: Source) -> Iterator[Edit]:
    """One side of an if does nothing; where there is only one, that is a condition that never holds."""
    if isinstance(node, ast.If) and node.orelse:
        for body in (node.body, node.orelse):
            if not isinstance(body[-1], ast.Return) and not isinstance(body[0], ast.If):
                yield Edit(source.start(body[0]), source.end(body[-1]), "pass")


def loop_left_early(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A loop goes on where it is to end, or ends where it is to go on."""
    if isinstance(node, ast.Break):
        yield source.replace(node, "pass")
    elif isinstance(node, ast.Continue):
        yield source.replace(node, "break")


def accumulation_forgotten(node: ast.AST, source: Source) -> Iterator[Edit]:
    """What is to be added up is overwritten."""
    if isinstance(node, ast.AugAssign):
        token = TOKENS.get(type(node.op), "**") + "="
        yield from source.replace_token(node.target, node.value, token, "=")


def _has_effect(node: ast.stmt, source: Source) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name))):
            return name not in _KEPT
        case ast.AugAssign():
            return True
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            return not _is_in_init(node, source)
    return False


def _is_in_init(node: ast.AST, source: Source) -> bool:
    function = source.function(node)
    return function is not None and function.name == "__init__"


def _is_all_of_a_condition(node: ast.stmt, source: Source) -> bool:
    parent = source.parent(node)
    return isinstance(parent, ast.If) and parent.body == [node] and not parent.orelse
