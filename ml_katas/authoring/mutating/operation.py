"""An operation on a tensor, called as a method or as a function: `x.sum(-1)` or `torch.sum(x, -1)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...records import dataclass
from .source import Edit, Source


@dataclass(frozen=True)
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
                return Operation(node, name, owner, tuple(args), is_method=True)
        case ast.Call(func=ast.Name(id=name), args=args) if name in source.imported:
            pass
        case _:
            return None
    return Operation(node, name, args[0], tuple(args[1:]), is_method=False) if args else None


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
