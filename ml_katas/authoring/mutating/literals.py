"""Numbers as they are written in a solution, with their sign."""

from __future__ import annotations

import ast

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
