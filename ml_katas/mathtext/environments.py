"""Environments on one line: matrices, cases; aligned rows on a line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .atoms import BREAK, HARD, SOFT, Atom, Kind
from .source import Char, Command, Environment, Item, Space

Read = Callable[[Sequence[Item]], list[Atom]]

_BRACKETS = {
    "matrix": "", "smallmatrix": "", "array": "", "bmatrix": "[]", "pmatrix": "()", "Bmatrix": "{}",
    "vmatrix": "||", "Vmatrix": "‖‖", "cases": "{}", "dcases": "{}", "rcases": "{}",
}  # fmt: skip
_ALIGNED = {"aligned", "align", "align*", "gathered", "gather", "gather*", "split", "equation", "equation*"}
_WITH_COLUMNS = {"array"}
_COMMA, _SEMICOLON = Atom(",", Kind.PUNCTUATION), Atom(";", Kind.PUNCTUATION)


def drawn(environment: Environment, read: Read) -> list[Atom]:
    """Return the atoms of *environment*; one that is not known stays as its source."""
    if environment.name in _ALIGNED:
        return _aligned(rows(environment.items), read)
    if environment.name in _BRACKETS:
        items = environment.items[environment.name in _WITH_COLUMNS :]
        return _bracketed(_BRACKETS[environment.name], rows(items), read)
    return [Atom(environment.source, Kind.WORD)]


def rows(items: Sequence[Item]) -> list[list[list[Item]]]:
    """Return the cells of each row of *items*; an empty last row does not count."""
    table: list[list[list[Item]]] = [[[]]]
    for item in items:
        if isinstance(item, Command) and item.name == "\\":
            table.append([[]])
        elif item == Char("&"):
            table[-1].append([])
        else:
            table[-1][-1].append(item)
    return [row for row in table if any(not isinstance(item, Space) for cell in row for item in cell)]


def _aligned(table: list[list[list[Item]]], read: Read) -> list[Atom]:
    atoms: list[Atom] = []
    for row in table:
        atoms += [BREAK, *read([item for cell in row for item in cell])]
    return atoms[1:]


def _bracketed(brackets: str, table: list[list[list[Item]]], read: Read) -> list[Atom]:
    atoms: list[Atom] = []
    for row in table:
        atoms += [_SEMICOLON, *_row(row, read)]
    inside = atoms[1:]
    if not brackets:
        return inside
    padding = " " if brackets == "{}" else ""
    return [Atom(brackets[0] + padding, Kind.OPEN), *inside, Atom(padding + brackets[1], Kind.CLOSE)]


def _row(row: list[list[Item]], read: Read) -> list[Atom]:
    atoms: list[Atom] = []
    for cell in (_stripped(read(cell)) for cell in row):
        speaks = cell[:1] and cell[0].kind is Kind.WORD
        ends = atoms and atoms[-1].kind is Kind.PUNCTUATION
        atoms += [HARD if speaks or ends else _COMMA] * bool(atoms) + cell
    return atoms


def _stripped(atoms: list[Atom]) -> list[Atom]:
    spaces = {SOFT.kind, HARD.kind}
    while atoms and atoms[0].kind in spaces:
        atoms = atoms[1:]
    while atoms and atoms[-1].kind in spaces:
        atoms = atoms[:-1]
    return atoms
