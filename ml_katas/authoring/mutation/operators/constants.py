"""Mistakes about constants: one more, twice as much, no epsilon, no infinity, another default."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..source import Edit, Source
from ..tensor_calls import LARGE, literal, names, neighbours, operation

EPSILON = re.compile(r"(^|[._])(eps|epsilon|tiny)$")

_INFERRED_SIZES = names("view reshape expand unflatten repeat")  # there -1 means: what is left


def default_changed(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A parameter has another default."""
    if isinstance(node, ast.FunctionDef):
        for parameter, default in _defaults(node.args):
            start = source.start(parameter)
            for other in _other_defaults(default):
                text = source.between(start, source.start(default)) + other
                yield Edit(start, source.end(default), text)


def number_changed(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A number is off by one, or by a factor of two, or an epsilon is zero."""
    value = literal(node)
    if value is not None and not _is_signed(node, source) and not _is_inferred_size(node, value, source):
        yield from (source.replace(node, other) for other in neighbours(value))


def epsilon_zeroed(node: ast.AST, source: Source) -> Iterator[Edit]:
    """No epsilon is added, under whatever name it comes."""
    match node:
        case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()) if EPSILON.search(source.of(node)):
            is_passed_on = isinstance(source.parent(node), ast.Assign)
            if not is_passed_on:
                yield source.replace(node, "0.0")


def infinity_lost(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Minus infinity, or a number that stands for it, is 0, or has the other sign."""
    if isinstance(node, ast.Call) and source.of(node) in ('float("-inf")', "float('-inf')"):
        yield source.replace(node, "0.0")
        yield source.replace(node, 'float("inf")')
    elif (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and _is_infinite(node.operand, source)
    ):
        yield source.replace(node, "0.0")
        yield source.replace(node, source.operand(node.operand))
    elif isinstance(node, ast.Attribute) and node.attr == "min" and _is_finfo(node.value):
        yield source.replace(node, "0.0")


def bool_flipped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """True is False; an argument is shown with its name. Whether zip is strict decides no right answer."""
    match node:
        case ast.keyword(arg=str() as name, value=ast.Constant(value=bool() as value)) if name != "strict":
            yield source.replace(node, f"{name}={not value}")
        case ast.Constant(value=bool() as value) if not isinstance(
            source.parent(node), ast.keyword | ast.While
        ):
            yield source.replace(node, str(not value))


def einsum_output_turned(node: ast.AST, source: Source) -> Iterator[Edit]:
    """The last two axes of an einsum's result are exchanged."""
    found = operation(node, source)
    equation = found and found.name == "einsum" and found.tensor
    if isinstance(equation, ast.Constant) and isinstance(equation.value, str):
        turned = re.sub(r"(->.*)(\w)( *)(\w)$", r"\1\4\3\2", equation.value)
        yield source.replace(equation, repr(turned).replace("'", '"'))


def _defaults(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    first = len(positional) - len(arguments.defaults)
    yield from zip(positional[first:], arguments.defaults, strict=True)
    for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield parameter, default


def _other_defaults(default: ast.expr) -> tuple[str, ...]:
    if isinstance(default, ast.Constant) and isinstance(default.value, bool):
        return (str(not default.value),)
    value = literal(default)
    return () if value is None else neighbours(value)


def _is_signed(node: ast.AST, source: Source) -> bool:
    parent = source.parent(node)
    return isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.USub)


def _is_inferred_size(node: ast.AST, value: int | float, source: Source) -> bool:
    call = next((one for one in source.around(node) if isinstance(one, ast.Call)), None)
    found = operation(call, source) if call else None
    return value == -1 and found is not None and found.name in _INFERRED_SIZES


def _is_infinite(node: ast.expr, source: Source) -> bool:
    value = literal(node)
    text = source.of(node)
    return text.endswith((".inf", 'float("inf")')) or (isinstance(value, float) and value >= LARGE)


def _is_finfo(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr="finfo")) | ast.Call(func=ast.Name(id="finfo")):
            return True
    return False
