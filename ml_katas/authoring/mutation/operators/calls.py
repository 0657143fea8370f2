"""Mistakes about calls: the wrong operation, or none at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..source import Edit, Source
from ..tensor_calls import left_out, names, operation, renamed

# Each is taken for the other.
_PAIRS = (
    "mean sum, max min, amax amin, any all, argmax argmin, sin cos, log exp, maximum minimum, tril triu,"
    " zeros ones, zeros_like ones_like, new_zeros new_ones, floor ceil, sigmoid tanh, std var, rand randn,"
    " repeat repeat_interleave, add sub, add_ sub_, mul div, mul_ div_, eq ne, lt le, gt ge,"
    " logical_and logical_or, softmax log_softmax, mse_loss l1_loss, clamp_min clamp_max, gelu silu,"
    " train eval"
)
# What is right, and what is written in its place.
_ONE_WAY = (
    "scatter_add scatter, scatter_add_ scatter_, index_add index_copy, index_add_ index_copy_, rsqrt sqrt,"
    " square abs, round floor, cumsum cumprod, logsigmoid sigmoid, leaky_relu relu, log1p log, expm1 exp,"
    " binary_cross_entropy_with_logits binary_cross_entropy, cross_entropy nll_loss, softplus relu, elu relu,"
    " mish silu, erf tanh, selu elu, celu elu, hardtanh tanh, sinh cosh, asin acos, atan tan, tan sin"
)
_BUILTINS = {"max": "min", "min": "max", "any": "all", "all": "any", "reversed": "iter", "sorted": "list"}

_DROPPED = names(
    "sqrt exp log abs neg square relu gelu silu tanh sigmoid softmax log_softmax cumsum cumprod flip roll"
    " softplus elu selu celu mish erf erfc log1p expm1 sin cos tan sinh cosh asin acos atan"
    " reciprocal transpose swapaxes movedim permute t adjoint detach clone clamp clamp_min clamp_max clip"
    " normalize dropout tril triu masked_fill round floor logical_not requires_grad_ float double half"
    " bfloat16 long int bool type type_as to deepcopy reversed"
)
_PLACES = ("cpu", "cuda", "device")
_REGISTERING = names("Parameter ModuleList ModuleDict ParameterList")


def _pairs(listed: str) -> dict[str, str]:
    words = listed.replace(",", "").split()
    return dict(zip(words[::2], words[1::2], strict=True))


_OTHER = _pairs(_PAIRS) | {wrong: right for right, wrong in _pairs(_PAIRS).items()} | _pairs(_ONE_WAY)


def operation_mistaken(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Another operation is called."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name)) if name in _OTHER:
            yield renamed(node, _OTHER[name], source)
        case ast.Call(func=ast.Name(id=name)) if name in _BUILTINS:
            yield renamed(node, _BUILTINS[name], source)


def result_mistaken(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Of values and indices the other is taken."""
    match node:
        case ast.Attribute(value=ast.Call() as call, attr="values" | "indices" as name):
            other = "indices" if name == "values" else "values"
            yield Edit(source.end(call), source.end(node), f".{other}")


def softmax_made_sigmoid(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Each logit is squashed on its own."""
    found = operation(node, source)
    if found and found.name == "softmax" and isinstance(found.call.func, ast.Attribute):
        start = source.end(found.call.func) - len(found.name)
        tensor = "" if found.is_method else source.of(found.tensor)
        yield Edit(start, source.end(found.call), f"sigmoid({tensor})")


def operation_dropped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """An operation that keeps the shape, or only turns it, is forgotten."""
    found = operation(node, source)
    if found and found.name in _DROPPED and not _moves_only(found.call, source):
        yield from left_out(found, source)


def layer_dropped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A layer of the module is forgotten: its input goes on as it is."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self")), args=[argument], keywords=[]):
            if not isinstance(argument, ast.Starred) and not isinstance(source.parent(node), ast.Expr):
                yield source.replace(node, source.operand(argument))


def registration_forgotten(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A parameter is a plain tensor, or the layers lie in a plain list."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[held, *_]):
            if name in _REGISTERING:
                yield source.replace(node, source.operand(held))


def _moves_only(call: ast.Call, source: Source) -> bool:
    texts = [source.of(argument) for argument in (*call.args, *call.keywords)]
    is_to = isinstance(call.func, ast.Attribute) and call.func.attr == "to"
    return is_to and all(any(place in text for place in _PLACES) for text in texts)
