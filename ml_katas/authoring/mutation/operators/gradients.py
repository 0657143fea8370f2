"""Mistakes about gradients: a graph that is cut where it is needed, or recorded where it is not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..gradient_flow import is_integer_name, may_carry_gradients
from ..source import Edit, Source

_NO_GRAD = ("no_grad", "inference_mode")


def graph_cut(node: ast.AST, source: Source) -> Iterator[Edit]:
    """No gradient flows through what is assigned or returned."""
    if isinstance(node, ast.Assign | ast.Return) and _records(node, source):
        for value in _values(node):
            if may_carry_gradients(value, source) and ".detach()" not in source.of(value):
                yield source.replace(value, f"{source.operand(value)}.detach()")


def data_dropped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Autograd takes part in a change of a tensor's data."""
    if isinstance(node, ast.Attribute) and node.attr == "data":
        dot = source.find(".", source.end(node.value), source.end(node))
        if dot is not None:
            yield Edit(dot, source.end(node), "")


def graph_recorded(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Autograd takes part in what it is not to know of."""
    if isinstance(node, ast.FunctionDef):
        for decorator in node.decorator_list:
            if _is_no_grad(decorator):
                at = source.data.rindex(b"@", 0, source.start(decorator))
                yield Edit(at, source.end(decorator), "")
    elif isinstance(node, ast.withitem) and _is_no_grad(node.context_expr):
        yield source.replace(node.context_expr, "torch.enable_grad()")


def _values(node: ast.Assign | ast.Return) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
            return [] if is_integer_name(name) else [value]
        case ast.Assign(targets=[ast.Subscript()], value=value):
            return [value]
        case ast.Return(value=ast.Tuple(elts=elements)):
            return elements
        case ast.Return(value=ast.expr() as value):
            return [value]
    return []


def _records(node: ast.AST, source: Source) -> bool:
    for one in source.around(node):
        match one:
            case (
                ast.FunctionDef(name="__init__")
                | ast.FunctionDef(args=ast.arguments(args=[ast.arg("ctx"), *_]))
            ):
                return False
            case ast.FunctionDef(decorator_list=found) if any(map(_is_no_grad, found)):
                return False
            case ast.With(items=items) if any(_is_no_grad(item.context_expr) for item in items):
                return False
    return source.function(node) is not None


def _is_no_grad(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in _NO_GRAD
    return False
