"""An operation on a tensor, called as a method or as a function: `x.sum(-1)` or `torch.sum(x, -1)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...support.records import record
from .source import Edit, Source


@record(kw_only=True)
class Operation:
    """A call of a named operation. *arguments* are the positional ones that follow the tensor."""

    call: ast.Call
    name: str
    tensor: ast.expr
    arguments: tuple[ast.expr, ...]
    is_method: bool

    def argument(self, position: int, *names: str) -> ast.expr | None:
        """Return the value of an argument, given by its position after the tensor or by a name."""
        for keyword in self.call.keywords:
            if keyword.arg in names:
                return keyword.value
        return self.arguments[position] if position < len(self.arguments) else None


def operation(node: ast.AST, source: Source) -> Operation | None:
    """Return the operation that *node* calls: a method of anything, or a function of an imported module."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=args):
            if not _is_imported(owner, source):
                return Operation(call=node, name=name, tensor=owner, arguments=tuple(args), is_method=True)
        case ast.Call(func=ast.Name(id=name), args=args) if name in source.imported:
            pass
        case _:
            return None
    return (
        Operation(call=node, name=name, tensor=args[0], arguments=tuple(args[1:]), is_method=False)
        if args
        else None
    )


def names(listed: str) -> frozenset[str]:
    """Return the names in a list that is written as prose."""
    return frozenset(listed.split())


def left_out(found: Operation, source: Source) -> Iterator[Edit]:
    """Yield the edit that leaves the tensor and drops the operation."""
    if found.is_method:
        dot = source.find(".", source.end(found.tensor), source.end(found.call.func))
        if dot is not None:
            yield Edit(dot, source.end(found.call), "")
    elif not isinstance(found.tensor, ast.Starred):
        yield source.replace(found.call, source.operand(found.tensor))


def renamed(call: ast.Call, name: str, source: Source) -> Edit:
    """Return the edit that calls another function or method of the same owner."""
    end = source.end(call.func)
    old = call.func.attr if isinstance(call.func, ast.Attribute) else source.of(call.func)
    return Edit(end - len(old.encode()), end, name)


def _is_imported(owner: ast.expr, source: Source) -> bool:
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    return isinstance(owner, ast.Name) and owner.id in source.imported


SMALL, LARGE = 1e-3, 1e4  # a float up to the one is an epsilon, from the other on a stand-in for infinity
MANY = 100  # from here on one more or one less is lost in rounding


def literal(node: ast.AST | None) -> int | float | None:
    """Return the number that *node* writes, or None."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            positive = literal(operand)
            return None if positive is None else -positive
    return None


def neighbours(value: int | float) -> tuple[str, ...]:
    """Return the numbers that a slip would put in the place of *value*."""
    if isinstance(value, int):
        return (str(value + 1), str(value - 1)) if abs(value) < MANY else (str(2 * value),)
    if value == 0:
        return ("1.0",)
    if abs(value) <= SMALL or value <= -LARGE:
        return ("0.0",)
    return (repr(2 * value), "0.0") if abs(value) == 1 else (repr(2 * value),)
