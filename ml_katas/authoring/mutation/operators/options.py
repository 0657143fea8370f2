"""Mistakes about options: the wrong end of an order, another divisor, another dtype."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..source import Edit, Source
from ..tensor_calls import names, operation

# The options that an operation has, how many positional arguments say it already, and the slip.
_ADDED = {
    "topk": (2, "largest", "False"),
    "sort": (1, "descending", "True"),
    "argsort": (1, "descending", "True"),
    "var": (1, "unbiased", "False"),
    "std": (1, "unbiased", "False"),
    "tril": (0, "diagonal", "-1"),
    "triu": (0, "diagonal", "1"),
}
_SAME_OPTION = {"unbiased": ("unbiased", "correction")}

_WORDS = {
    "mean": "sum",
    "sum": "mean",
    "ij": "xy",
    "xy": "ij",
    "tanh": "none",
    "none": "mean",
    "amax": "amin",
}
_FORGOTTEN = names("dtype training attn_mask ignore_index label_smoothing weight")
_WORDY = names("reduction reduce indexing approximate")

_COARSER = {"float64": "float32", "double": "float", "float32": "float16", "float": "half", "int64": "int32"}


def option_added(node: ast.AST, source: Source) -> Iterator[Edit]:
    """An order runs the other way, a variance has the other divisor, a triangle another diagonal."""
    found = operation(node, source)
    if found is None or found.name not in _ADDED:
        return
    given, option, value = _ADDED[found.name]
    names = _SAME_OPTION.get(option, (option,))
    if found.argument(given, *names) is not None:
        return
    if found.call.args or found.call.keywords:
        yield source.with_also(found.call, f"{option}={value}")
    else:
        start = source.end(found.call.func) - len(found.name)
        yield Edit(start, source.end(found.call), f"{found.name}({option}={value})")


def word_exchanged(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A reduction, or another choice among words, is the other one."""
    match node:
        case ast.keyword(arg=str() as name, value=ast.Constant(value=str() as word)):
            if name in _WORDY and word in _WORDS:
                yield source.replace(node, f'{name}="{_WORDS[word]}"')


def option_dropped(node: ast.AST, source: Source) -> Iterator[Edit]:
    """No dtype is asked for, or another option keeps its default."""
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg in _FORGOTTEN:
                yield from source.without(node, keyword)


def dtype_coarser(node: ast.AST, source: Source) -> Iterator[Edit]:
    """A dtype has fewer bits."""
    match node:
        case ast.Attribute(value=ast.Name(id="torch"), attr=name) if name in _COARSER:
            yield source.replace(node, f"torch.{_COARSER[name]}")
