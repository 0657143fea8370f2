"""Mistakes about axes: another one, none, the wrong one kept or turned."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..source import Edit, Source
from ..tensor_calls import Operation, literal, names, operation

_KEYWORDS = names("dim axis start_dim end_dim dim0 dim1 dims")
_NAME = re.compile(r"dim|axis")

# Where the positional arguments that follow the tensor name an axis.
_FIRST = names(
    "softmax log_softmax softmin sum nansum mean nanmean prod std var max min amax amin argmax argmin any"
    " all median mode argsort sort cumsum cumprod logcumsumexp logsumexp count_nonzero gather scatter"
    " scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ index_select index_add index_add_"
    " index_copy index_copy_ index_fill index_fill_ cat concat stack unsqueeze squeeze unsqueeze_ squeeze_"
    " unbind narrow select flip unfold unflatten glu"
)
_SECOND = names(
    "topk kthvalue split chunk tensor_split norm vector_norm normalize roll diff take_along_dim"
    " repeat_interleave cosine_similarity"
)
_BOTH = names("flatten transpose transpose_ swapaxes swapdims movedim")
_POSITIONS = {
    **dict.fromkeys(_FIRST, (0,)),
    **dict.fromkeys(_SECOND, (1,)),
    **dict.fromkeys(_BOTH, (0, 1)),
    "diagonal": (1, 2),
}

# The operations that need no axis, and the one they take when none is named (None: all).
_ALL = names(
    "sum nansum mean nanmean prod std var max min amax amin argmax argmin any all median norm vector_norm"
    " squeeze count_nonzero repeat_interleave roll unique"
)
_OWN_AXIS = {
    **dict.fromkeys(_ALL, None),
    **dict.fromkeys(names("topk sort argsort kthvalue mode diff glu flatten"), -1),
    **dict.fromkeys(names("cat concat stack split chunk tensor_split unbind"), 0),
    **dict.fromkeys(names("normalize cosine_similarity"), 1),
}


def axis_changed(node: ast.AST, source: Source) -> Iterator[Edit]:
    """Another axis is taken: a neighbour, or the one counted from the other end."""
    for place, value in _axes(node, source):
        before = source.between(source.start(place), source.start(value))
        for other in _other_axes(value):
            yield source.replace(place, before + other)


def axis_dropped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """No axis is named, so the operation takes all of them, or its own."""
    found = operation(node, source)
    if found is None or found.name not in _OWN_AXIS:
        return
    for place, value in _axes(node, source):
        if literal(value) is None or literal(value) != _OWN_AXIS[found.name]:
            yield from source.without(found.call, place)


def transpose_dropped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """The transpose is forgotten."""
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT", "H", "mH"):
        dot = source.find(".", source.end(node.value), source.end(node))
        if dot is not None:
            yield Edit(dot, source.end(node), "")


def _axes(node: ast.AST, source: Source) -> Iterator[tuple[ast.AST, ast.expr]]:
    found = operation(node, source)
    for keyword in node.keywords if isinstance(node, ast.Call) else []:
        if keyword.arg in _KEYWORDS:
            yield keyword, keyword.value
    if found:
        yield from ((value, value) for value in _positional_axes(found, source))


def _positional_axes(found: Operation, source: Source) -> Iterator[ast.expr]:
    for position in _POSITIONS.get(found.name, ()):
        value = found.argument(position)
        if value and (literal(value) is not None or _is_named_axis(value, source)):
            yield value


def _is_named_axis(value: ast.expr, source: Source) -> bool:
    return isinstance(value, ast.Name | ast.Attribute) and bool(_NAME.search(source.of(value)))


def _other_axes(value: ast.expr) -> Iterator[str]:
    number = literal(value)
    if isinstance(number, int):
        yield from (str(number + 1), str(number - 1))
        if number < 0:
            yield str(-number)
    elif isinstance(value, ast.Name | ast.Attribute):
        yield from ("-1", "0")
