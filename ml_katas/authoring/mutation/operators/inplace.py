"""Mistakes about what is changed in place: something of the caller's, or only a copy."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..source import Edit, Source
from ..tensor_calls import names, operation, renamed
from .arithmetic import TOKENS

_IN_PLACE = names(
    "add sub mul div exp log sqrt rsqrt relu sigmoid tanh clamp masked_fill scatter scatter_add index_add"
    " fill zero neg abs pow square floor addmm cumsum tril triu reciprocal sin cos lerp unsqueeze squeeze"
    " transpose t"
)


def argument_changed(node: ast.AST, source: Source) -> Iterator[Edit]:
    """What the caller passed in, or the module keeps, is changed in place."""
    found = operation(node, source)
    if found and found.is_method and found.name in _IN_PLACE and _belongs_to_others(found.tensor, source):
        yield renamed(found.call, found.name + "_", source)


def copy_changed_only(node: ast.AST, source: Source) -> Iterator[Edit]:
    """An operation in place works on a copy; where nobody takes its result, that is a deleted statement."""
    found = operation(node, source)
    if found and found.name.removesuffix("_") in _IN_PLACE - {found.name}:
        is_taken = not isinstance(source.parent(node), ast.Expr)
        if is_taken and isinstance(found.tensor, ast.Name | ast.Attribute | ast.Subscript):
            yield renamed(found.call, found.name.removesuffix("_"), source)


def new_value_written_back(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A new value for a parameter's name is written into the caller's tensor."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp(left=ast.Name(id=left)) as value):
            if name == left and _is_argument(name, node, source) and type(value.op) in TOKENS:
                text = f"{name} {TOKENS[type(value.op)]}= {source.of(value.right)}"
                yield source.replace(node, text)


def _belongs_to_others(tensor: ast.expr, source: Source) -> bool:
    match tensor:
        case ast.Attribute(value=ast.Name(id="self")):
            return True
        case ast.Name(id=name):
            return _is_argument(name, tensor, source)
    return False


def _is_argument(name: str, node: ast.AST, source: Source) -> bool:
    """Return whether *name* still means, where *node* stands, what the caller passed in."""
    function = source.function(node)
    if function is None or name not in _parameters(function):
        return False
    here = source.start(source.statement(node))
    return all(here <= source.start(store) for store in _stores(name, function))


def _parameters(function: ast.FunctionDef) -> list[str]:
    return [one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)]


def _stores(name: str, function: ast.FunctionDef) -> Iterator[ast.Name]:
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            yield node
