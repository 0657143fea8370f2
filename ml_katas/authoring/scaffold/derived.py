"""Other files made from the text of a solution: its code under another docstring, and without its results."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..mutation.source import Edit, Source
from .behaviour import results
from .signatures import Class, Function, Solution


def code_of(text: str) -> str:
    """Return the text of a Python file from below its docstring on."""
    source = Source(text)
    end = source.end(source.tree.body[0]) if ast.get_docstring(source.tree) is not None else 0
    return source.between(end, len(source.data)).strip("\n") + "\n"


def without_results(solution: Solution) -> str:
    """Return the text of a solution whose first entry point returns None, or else does nothing at all."""
    source = Source(solution.text)
    edits = [edit for function in _answering(solution) for edit in _silenced(source, function)]
    data = source.data
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.text.encode() + data[edit.end :]
    return data.decode()


def gives_results(solution: Solution) -> bool:
    """Return whether the first entry point returns anything, so that it can be made to return None."""
    return any(results(function) for function in _answering(solution))


def _answering(solution: Solution) -> tuple[Function, ...]:
    first = solution.entry_points[0]
    if isinstance(first, Class):
        return (first.call,) if first.call else first.methods
    return (first,)


def _silenced(source: Source, function: Function) -> Iterator[Edit]:
    values = results(function)
    yield from (source.replace(value, "None") for value in values)
    if not values:
        yield _early_return(source, function.node)


def _early_return(source: Source, node: ast.FunctionDef) -> Edit:
    """Return the edit that puts a `return` before the first statement of a function."""
    first = node.body[1] if ast.get_docstring(node) is not None and node.body[1:] else node.body[0]
    above = [*getattr(first, "decorator_list", []), first]
    if first.lineno == node.lineno:
        return Edit(source.start(first), source.start(first), "return; ")
    start = source.start(above[0]) - above[0].col_offset
    line = source.between(start, len(source.data)).partition("\n")[0]
    return Edit(start, start, f"{line[: len(line) - len(line.lstrip())]}return\n")
