"""What of a solution is left as it is: what only readers see, and what every mistake would break."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .tensor_calls import names

_FIELDS = names("annotation returns type_params type_comment")
_STATEMENTS = (ast.Import, ast.ImportFrom, ast.Raise, ast.Assert, ast.Global, ast.Nonlocal)
_FOR_READERS = names("__repr__ __str__ extra_repr")
_CALLS = names("print warn isinstance issubclass hasattr TypeVar cast super")


def mutable_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below *tree* that may be changed."""
    for field, value in ast.iter_fields(tree):
        if field in _FIELDS:
            continue
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.AST) and not _is_untouched(node):
                yield node
                yield from mutable_nodes(node)


def _is_untouched(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=value):
            return isinstance(value, ast.Constant) or _is_untouched(value)
        case ast.JoinedStr():
            return True
        case ast.FunctionDef(name=name):
            return name in _FOR_READERS
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name.startswith("__")
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _CALLS
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__")) | ast.Name(id="TYPE_CHECKING")):
            return True
    return isinstance(node, _STATEMENTS)
