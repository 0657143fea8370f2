"""Automatic mutants of a solution: each operator at each place, those that say the same only once."""

from __future__ import annotations

import ast
import difflib
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial

from ...support.records import record
from .operators import OPERATORS
from .source import Edit, Source
from .untouched import mutable_nodes


@record
class AutoMutant:
    """A solution with one small mistake: *mutation* and *line* are what `[[equivalent]]` in kata.toml names.

    *line* is where the changed statement begins, and *number* its number.
    """

    mutation: str
    line: str
    number: int
    source: bytes


def automatic_mutants(source: str) -> tuple[AutoMutant, ...]:
    """Return the mutants of a solution from its first line to its last. Raises SyntaxError."""
    original = Source(source)
    edits = _different(original, _edits(original))
    return tuple(_mutants(original, sorted(edits, key=lambda edit: (edit.start, edit.end))))


def diff(original: str, mutant: AutoMutant) -> str:
    """Return what the mutant changes, a unified diff with one line around it."""
    before, after = original.splitlines(), mutant.source.decode().splitlines()
    return "\n".join(list(difflib.unified_diff(before, after, n=1, lineterm=""))[2:])


def _edits(source: Source) -> Iterator[Edit]:
    nodes = list(mutable_nodes(source.tree))
    for operator in OPERATORS:
        for node in nodes:
            yield from operator(node, source)


def _different(source: Source, edits: Iterator[Edit]) -> Iterator[Edit]:
    """Yield the edits that leave a program and change what it says; the same change counts once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mutant may well say `is 1`, of which Python warns
        original = cache(partial(_statement, source))
        seen: set[tuple[int, str]] = set()
        for edit in edits:
            if _is_program(_edited(source, edit)):
                start, end = source.statement_span(edit.start, edit.end)
                said = start, _statement(source, start, end, edit)
                if said not in seen and said[1] != original(start, end):
                    seen.add(said)
                    yield edit


def _is_program(data: bytes) -> bool:
    try:
        compile(data.decode(), "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _statement(source: Source, start: int, end: int, edit: Edit | None = None) -> str:
    """Return what the statement between two offsets says, wherever its parts stand.

    Edits in different statements cannot say the same, so only that one is parsed: trees are slow to build.
    """
    data = _edited(source, edit) if edit else source.data
    end += len(data) - len(source.data)
    indentation = start - (data.rfind(b"\n", 0, start) + 1)
    try:
        return ast.dump(
            ast.parse(b"if 1:\n" + b" " * indentation + data[start:end] if indentation else data[start:end])
        )
    except SyntaxError:  # not a statement by itself: `elif` and what follows it
        return ast.dump(ast.parse(data))


def _edited(source: Source, edit: Edit) -> bytes:
    return source.data[: edit.start] + edit.text.encode() + source.data[edit.end :]


def _mutants(source: Source, edits: list[Edit]) -> Iterator[AutoMutant]:
    seen: Counter[tuple[str, int]] = Counter()
    for edit in edits:
        mutation = f"{_shown(source.between(edit.start, edit.end))} -> {_shown(edit.text)}"
        number, line = source.statement_line(edit.start)
        seen[mutation, number] += 1
        mutation += _ordinal(seen[mutation, number])
        yield AutoMutant(mutation, line, number, _edited(source, edit))


def _shown(code: str) -> str:
    return " ".join(code.split()).strip(" ,") or "nothing"


def _ordinal(count: int) -> str:
    endings = {2: "nd", 3: "rd"}
    return f" ({count}{endings.get(count, 'th')})" if count > 1 else ""
