"""What the code of a solution seems to do: give results, change its arguments, draw random numbers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .signatures import Function, Solution

_CHANGERS = {"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "add"}
_DRAWS = re.compile(
    r"rand\w*|\w*dropout\w*|bernoulli_?|multinomial|normal_?|uniform_?|exponential_|shuffle|choices?|sample"
)
_MAKERS = ("__init__", "reset_parameters")


def own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield what a function consists of, in the order of its text, without what is defined inside it."""
    yield from (node for statement in function.body for node in _outside_definitions(statement))


def results(function: Function) -> tuple[ast.expr, ...]:
    """Return the expressions that it returns, if they are more than None or the object itself."""
    returned = [node.value for node in own_nodes(function.node) if isinstance(node, ast.Return)]
    return tuple(value for value in returned if value and ast.unparse(value) not in ("None", "self"))


def changes_arguments(function: Function) -> bool:
    """Return whether it seems to work in place: by its name, its statements, or for want of a result."""
    names = {parameter.name for parameter in function.parameters}
    in_place = any(_changes(node, names) for node in own_nodes(function.node))
    return in_place or function.name.endswith("_") or not results(function)


def draws(solution: Solution) -> bool:
    """Return whether a call seems to draw random numbers; first values of parameters do not count."""
    return any(_DRAWS.fullmatch(name) for node in solution.tree.body for name in _calls(node))


def _outside_definitions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
        for child in ast.iter_child_nodes(node):
            yield from _outside_definitions(child)


def _changes(node: ast.AST, names: set[str]) -> bool:
    match node:
        case ast.AugAssign(target=target):
            return _root(target) in names
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute() as target]):
            return _root(target) in names
        case ast.Call(func=ast.Attribute(attr=method) as target):
            in_place = method in _CHANGERS or re.fullmatch(r"[a-z]\w*[a-z]_", method)
            return bool(in_place) and _root(target) in names
    return False


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _calls(node: ast.AST, within_maker: bool = False) -> Iterator[str]:
    """Yield the names of what is called below *node*, in small letters."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", "")).lower()
        if not within_maker or "dropout" in name:
            yield name
    within_maker = within_maker or (isinstance(node, ast.FunctionDef) and node.name in _MAKERS)
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, within_maker)
