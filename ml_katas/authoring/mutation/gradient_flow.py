"""Which values of a function can carry a gradient: what comes from an argument that is no plain number."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .source import Source
from .tensor_calls import names

_WITHOUT_GRADIENTS = names(
    "argmax argmin argsort long int bool size len numel dim nonzero bincount arange multinomial randint"
    " randperm searchsorted bucketize detach item tolist one_hot range isin eq ne lt le gt ge zeros ones full"
    " zeros_like ones_like full_like empty empty_like new_zeros new_ones new_full new_empty rand randn"
    " rand_like randn_like normal bernoulli eye linspace triu_indices tril_indices logical_not logical_and"
    " logical_or finfo iinfo promote_types any all isnan isinf isfinite Linear Parameter Embedding ModuleList"
    " Generator sign round floor ceil"
)
_NO_TENSORS = names("list tuple dict set chunk split unbind append pop sorted zip enumerate")
_SECOND_IS_INDEX = names("topk sort max min median mode kthvalue")
_INTEGER_NAME = re.compile(
    r"ind(ex|ices)|idx|mask|label|count|shape|(^|_)(ids?|batch|seq|len|size|num|n|k)(_|$)"
)
_PLAIN_TYPES = re.compile(r"\W*(int|float|bool|str|torch\.Generator|torch\.device|torch\.dtype|None|\W)+")


def may_carry_gradients(value: ast.expr, source: Source) -> bool:
    """Return whether a gradient could flow through *value*; where that cannot be seen, it could."""
    match value:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in _NO_TENSORS:
            return False
        case ast.Tuple() | ast.List() | ast.Dict() | ast.ListComp() | ast.GeneratorExp():
            return False
    return _may(value, _carriers(source.function(value), source), source)


def is_integer_name(name: str) -> bool:
    """Return whether a name says that what it names counts or points."""
    return bool(_INTEGER_NAME.search(name))


def _may(value: ast.AST | None, carriers: set[str], source: Source) -> bool:
    match value:
        case None | ast.Constant() | ast.Compare() | ast.BoolOp():
            return False
        case ast.Name(id=name):
            return name in carriers and not is_integer_name(name)
        case ast.Attribute(attr=name) if is_integer_name(name) or name in ("device", "dtype", "ndim"):
            return False
        case ast.Attribute(value=ast.Name(id="self")):
            return True
        case ast.Attribute(value=held) | ast.Subscript(value=held) | ast.Starred(value=held):
            return _may(held, carriers, source)
        case ast.Call():
            return _call_may(value, carriers, source)
        case ast.IfExp(body=body, orelse=other):
            return _may(body, carriers, source) or _may(other, carriers, source)
        case ast.Lambda():
            return False
    return any(_may(child, carriers, source) for child in ast.iter_child_nodes(value) if _is_value(child))


def _call_may(call: ast.Call, carriers: set[str], source: Source) -> bool:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name) if name in _WITHOUT_GRADIENTS or "dtype" in name:
            return False
        case ast.Attribute(value=owner):
            parts: list[ast.expr] = [owner]
        case ast.Name(id=name):
            parts = [call.func] if name not in source.imported else []
        case _:
            parts = [call.func]
    parts += [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(_may(part, carriers, source) for part in parts)


def _is_value(node: ast.AST) -> bool:
    return isinstance(node, ast.expr | ast.comprehension | ast.keyword)


def _carriers(function: ast.FunctionDef | None, source: Source) -> set[str]:
    """Return the names in a function that may hold what a gradient flows through."""
    carriers: set[str] = set()
    while function is not None:
        carriers.update(_arguments(function))
        assignments = list(_assignments(function))
        before = -1
        while before != len(carriers):
            before = len(carriers)
            carriers.update(name for name, value in assignments if _may(value, carriers, source))
        function = source.function(function)
    return carriers


def _arguments(function: ast.FunctionDef) -> Iterator[str]:
    spec = function.args
    for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg):
        if argument is not None:
            kind = ast.unparse(argument.annotation) if argument.annotation else ""
            if not (kind and _PLAIN_TYPES.fullmatch(kind)):
                yield argument.arg


def _assignments(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that is assigned in a function, with what it is made from."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _targets(target, value)
            case ast.AugAssign(target=target, value=value) | ast.For(target=target, iter=value):
                yield from _targets(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _targets(target, value)
            case ast.NamedExpr(target=target, value=value) | ast.comprehension(target=target, iter=value):
                yield from _targets(target, value)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=args) if args:
                yield from ((name, argument) for argument in args)  # items.append(x), out.index_add_(0, i, x)


def _targets(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target:
        case (
            ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)) | ast.Starred(value=ast.Name(id=name))
        ):
            yield name, value
        case ast.Tuple(elts=[first, _]) if _has_indices(value):
            yield from _targets(first, value)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from _targets(element, value)


def _has_indices(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in _SECOND_IS_INDEX
    return False
