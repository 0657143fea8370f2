"""Mistakes about gradients: a graph that is cut where it is needed, or recorded where it is not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..source import Edit, Source
from ..tensor_calls import names, operation

_NO_GRAD = ("no_grad", "inference_mode")
_WITHOUT_GRADIENTS = names(
    "argmax argmin argsort long int bool size len numel dim nonzero bincount arange multinomial randint"
    " randperm searchsorted bucketize detach item tolist one_hot range isin eq ne lt le gt ge zeros ones"
    " full zeros_like ones_like logical_not logical_and logical_or list tuple dict finfo iinfo"
    " promote_types any all chunk split unbind append pop isnan isinf Linear Parameter Embedding"
    " ModuleList"
)
_SECOND_IS_INDEX = names("topk sort max min median mode kthvalue")
_INTEGER_NAME = re.compile(
    r"ind(ex|ices)|idx|mask|label|count|shape|(^|_)(ids?|batch|seq|len|size|num|n|k)(_|$)"
)


def graph_cut(node: ast.AST, source: Source) -> Iterator[Edit]:
    """No gradient flows through what is assigned or returned."""
    if isinstance(node, ast.Assign | ast.Return) and _records(node, source):
        for value in _values(node):
            if _may_carry_gradients(value, source) and ".detach()" not in source.of(value):
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
            return [] if _INTEGER_NAME.search(name) else [value]
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


def _may_carry_gradients(value: ast.expr, source: Source) -> bool:
    match value:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name not in _WITHOUT_GRADIENTS and "dtype" not in name
        case ast.Attribute(attr=name):
            return not _INTEGER_NAME.search(name) and name not in ("device", "dtype", "ndim")
        case ast.Name(id=name):
            return not _INTEGER_NAME.search(name) and name not in _integers(source)
        case ast.BinOp(left=left, right=right):
            return _may_carry_gradients(left, source) or _may_carry_gradients(right, source)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _may_carry_gradients(operand, source)
        case ast.Subscript(value=held):
            return _may_carry_gradients(held, source)
        case ast.IfExp(body=body):
            return _may_carry_gradients(body, source)
    return False


def _integers(source: Source) -> Iterator[str]:
    """Yield the names of what a solution counts and points with."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if not _is_float(value, source):
                    yield name
            case ast.Assign(targets=[ast.Tuple(elts=[_, ast.Name(id=name)])], value=value):
                found = operation(value, source)
                if found and found.name in _SECOND_IS_INDEX:
                    yield name
            case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"))):
                yield name


def _is_float(value: ast.expr, source: Source) -> bool:
    match value:
        case ast.Constant() | ast.Compare() | ast.BoolOp():
            return False
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name not in _WITHOUT_GRADIENTS
    return True


def _is_no_grad(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in _NO_GRAD
    return False
