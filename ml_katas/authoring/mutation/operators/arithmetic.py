"""Mistakes of arithmetic: another operator, a factor or term forgotten, the wrong power."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..source import Edit, Source
from ..tensor_calls import SMALL, literal, names, operation
from .constants import EPSILON

TOKENS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
}
_OTHERS = {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "* //",
    "//": "/",
    "%": "//",
    "&": "|",
    "|": "&",
}
_FACTORS = (ast.Name, ast.Attribute, ast.Call, ast.Constant, ast.Subscript)
_ROOTS = names("sqrt rsqrt log")


def operator_exchanged(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Plus is minus, times is divided by."""
    match node:
        case ast.BinOp(left=left, right=right):
            token = TOKENS.get(type(node.op), "")
        case ast.AugAssign(target=left, value=right):
            token = TOKENS.get(type(node.op), "")
        case _:
            return
    equals = "=" if isinstance(node, ast.AugAssign) else ""
    for other in _OTHERS.get(token, "").split():
        yield from source.replace_token(left, right, token + equals, other + equals)


def product_turned(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A matrix product has its factors the wrong way round."""
    match node:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            yield source.replace(node, f"{source.operand(right)} @ {source.operand(left)}")


def factor_dropped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A factor is forgotten."""
    match node:
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() | ast.MatMult(), right=right):
            if _is_factor(right):
                yield source.replace(node, source.operand(left, node))
            if _is_factor(left) and not isinstance(node.op, ast.Div):
                yield source.replace(node, source.operand(right, node))


def factor_squared(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A factor is applied twice, or under a root too few."""
    match node:
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div(), right=right):
            factors = (right,) if isinstance(node.op, ast.Div) else (left, right)
        case _:
            return
    for factor in factors:
        if isinstance(factor, ast.Name | ast.Attribute):
            yield source.replace(factor, f"{source.of(factor)}**2")


def term_dropped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A term of a sum is forgotten."""
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            if not _is_number(right) and not _is_epsilon(right, source):
                yield source.replace(node, source.operand(left, node))
            if isinstance(node.op, ast.Add) and not _is_number(left):
                yield source.replace(node, source.operand(right, node))


def power_changed(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A power has another sign, or is left out."""
    match node:
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            yield source.replace(node, source.operand(left, node))
            value = literal(right)
            if value is not None:
                yield source.replace(right, str(-value))


def sign_dropped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A minus is forgotten."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield source.replace(node, source.operand(operand, node))


def epsilon_moved(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Epsilon is added after the root instead of under it, or under it instead of after it."""
    yield from _epsilon_taken_out(node, source)
    yield from _epsilon_taken_in(node, source)


def _epsilon_taken_out(node: ast.AST, source: Source) -> Iterator[Edit]:
    found = operation(node, source)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and literal(node.right) in (0.5, -0.5):
        inner, before, after = node.left, "", f"**{abs(literal(node.right) or 0.5)}"
        inverse = literal(node.right) == -0.5
    elif found and found.name in _ROOTS:
        inner, inverse = found.tensor, found.name == "rsqrt"
        name = found.name.removeprefix("r")
        owner = source.between(source.start(found.call), source.end(found.call.func) - len(found.name))
        before, after = ("", f".{name}()") if found.is_method else (f"{owner}{name}(", ")")
    else:
        return
    match inner:
        case ast.BinOp(left=variance, op=ast.Add(), right=epsilon) if _is_epsilon(epsilon, source):
            held = source.of(variance) if before else source.operand(variance)
            root = f"({before}{held}{after} + {source.of(epsilon)})"
            yield source.replace(node, f"(1 / {root})" if inverse else root)


def _epsilon_taken_in(node: ast.AST, source: Source) -> Iterator[Edit]:
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=epsilon) if _is_epsilon(epsilon, source):
            found = operation(left, source)
            if found and found.name == "sqrt":
                moved = f"{source.operand(found.tensor)} + {source.of(epsilon)}"
                owner = source.between(source.start(found.call), source.end(found.call.func))
                yield source.replace(node, f"({moved}).sqrt()" if found.is_method else f"{owner}({moved})")


def _is_factor(node: ast.expr) -> bool:
    return isinstance(node, _FACTORS) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow))


def _is_number(node: ast.expr) -> bool:
    return literal(node) is not None


def _is_epsilon(node: ast.expr, source: Source) -> bool:
    value = literal(node)
    if value is not None:
        return isinstance(value, float) and abs(value) <= SMALL
    return bool(EPSILON.search(source.of(node)))
