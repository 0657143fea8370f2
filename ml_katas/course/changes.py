"""A change to a program, written as hunks that are found by the lines they name."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import InvalidKata
from ..support.records import record
from ..support.spelling import nearest

WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@record
class Line:
    """A line of a program; `code` is what stands before a comment, nothing in a string of several lines."""

    text: str
    code: str

    @property
    def key(self) -> str:
        """What two lines have in common that differ in the comment behind their code only."""
        return self.code or self.text.rstrip()

    @property
    def is_comment(self) -> bool:
        return not self.code and self.text.lstrip().startswith("#")

    def is_written_as(self, text: str) -> bool:
        """Return whether *text* says the same, whatever comment or white space it ends in."""
        if text.rstrip() == self.text.rstrip():
            return True
        behind = text[len(self.code) :].strip()
        return bool(self.code) and text.startswith(self.code) and behind[:1] in ("", "#")


@record
class Written:
    """A line of a change: `-`, `+` or a blank, the text behind it, and the number of the line."""

    sign: str
    text: str
    number: int


Hunk = tuple[Written, ...]
Placed = tuple[str, int | None]  # a line of what results; an inserted one with the number of its line


def lines_of(program: str) -> tuple[Line, ...]:
    """Return the lines of a program that compiles."""
    texts = program.removesuffix("\n").split("\n")
    codes = [text.rstrip() for text in texts]
    for token in tokenize.generate_tokens(io.StringIO(program).readline):
        (row, column), (end, _) = token.start, token.end
        if token.type == tokenize.COMMENT:
            codes[row - 1] = texts[row - 1][:column].rstrip()
        for within in range(row, end):  # only strings have more than one line
            codes[within - 1] = ""
    return tuple(map(Line, texts, codes))


def lines_of_docstrings(tree: ast.Module) -> Iterator[int]:
    """Yield the lines, from 0, that docstrings take up."""
    for node in ast.walk(tree):
        if isinstance(node, WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
            doc = node.body[0]
            yield from range(doc.lineno - 1, doc.end_lineno or doc.lineno)


def without_notes(program: str) -> str:
    """Return a program without its comments and docstrings: what a hurried learner hands in."""
    docstrings = set(lines_of_docstrings(ast.parse(program)))
    left = [
        line.key for at, line in enumerate(lines_of(program)) if at not in docstrings and not line.is_comment
    ]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(left)).strip("\n") + "\n"


def hunks_of(path: Path, lines: Sequence[tuple[int, str]]) -> tuple[Hunk, ...]:
    """Return the hunks that the numbered *lines* of a fence in *path* are, or raise InvalidKata."""
    hunks: list[list[Written]] = [[]]
    for number, text in lines:
        if text.startswith("@@"):
            hunks.append([])
        elif text[:1] in ("", " ", "-", "+"):
            hunks[-1].append(Written(text[:1] or " ", text[1:], number))
        else:
            raise InvalidKata(path, number, "a line of a change begins with '-', '+' or a blank")
    return tuple(tuple(hunk) for hunk in hunks if hunk)


def changed(path: Path, hunks: Sequence[Hunk], program: Sequence[Line]) -> tuple[Placed, ...]:
    """Return the lines of *program* with all *hunks* applied, or raise InvalidKata where one does not fit."""
    found: list[tuple[int, Hunk]] = []
    for hunk in hunks:
        place = _place(path, hunk, program)
        for other, earlier in found:
            if place < other + len(_old(earlier)) and other < place + len(_old(hunk)):
                says = f"this hunk overlaps with that of line {earlier[0].number}; make them one"
                raise InvalidKata(path, hunk[0].number, says)
        found.append((place, hunk))
    return tuple(_applied(sorted(found), program))


def _old(hunk: Hunk) -> Hunk:
    return tuple(line for line in hunk if line.sign != "+")


def _place(path: Path, hunk: Hunk, program: Sequence[Line]) -> int:
    """Return where the lines that *hunk* names stand in *program*, counted from 0."""
    old, number = _old(hunk), hunk[0].number
    if not old:
        raise InvalidKata(path, number, "a hunk needs a line of solution.py, to say where it goes")
    if len(old) == len(hunk) and all(line.sign == " " for line in hunk):
        raise InvalidKata(path, number, "this hunk changes nothing; lines to change begin with '-' or '+'")
    places = [at for at in range(len(program) - len(old) + 1) if _stands_at(at, old, program)]
    if len(places) > 1:
        where = ", ".join(str(at + 1) for at in places)
        says = f"this stands in solution.py more than once (lines {where}); add a line before or after it"
        raise InvalidKata(path, number, says)
    if not places:
        raise _not_found(path, old, program)
    return places[0]


def _stands_at(at: int, old: Hunk, program: Sequence[Line]) -> bool:
    return all(line.is_written_as(part.text) for part, line in zip(old, program[at:], strict=False))


def _not_found(path: Path, old: Hunk, program: Sequence[Line]) -> InvalidKata:
    for part in old:
        if not any(line.is_written_as(part.text) for line in program):
            near = nearest(part.text.strip(), [line.key.strip() for line in program if line.key])
            return InvalidKata(
                path, part.number, f"{part.text.strip()!r} is not a line of solution.py.{near}"
            )
    says = "these lines do not follow one another in solution.py; part them by @@, or add those between"
    return InvalidKata(path, old[0].number, says)


def _applied(found: Sequence[tuple[int, Hunk]], program: Sequence[Line]) -> Iterator[Placed]:
    at = 0
    for place, hunk in found:
        yield from ((line.text, None) for line in program[at:place])
        at = place
        for part in hunk:
            if part.sign == "+":
                yield part.text, part.number
                continue
            if part.sign == " ":
                yield program[at].text, None
            at += 1
    yield from ((line.text, None) for line in program[at:])
