"""The smallest change that makes one program of another, as the hunks of `mistakes.md`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cached_property

from ..course.changes import WITH_DOCSTRING, Line, lines_of, lines_of_docstrings
from ..support.records import record

_NO_CODE = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)

LEAST_LEFT = 0.5  # of the code; where less is left, a whole program is easier to read

Span = tuple[int, int]  # lines of a program, from the first to behind the last


@record
class Difference:
    """Hunks, and how much of the code they leave, from 0 to 1."""

    change: str
    left: float


def difference(one: str, other: str) -> Difference | None:
    """Return what makes *other* of *one*, or nothing where hunks cannot say it. Both must compile.

    Comments, docstrings, annotations of arguments, layout and imports that are needed no more do not count.
    """
    mine, theirs = _Program(one), _Program(other)
    matcher = SequenceMatcher(None, mine.keys, theirs.keys, autojunk=False)
    blocks = [block for tag, *block in matcher.get_opcodes() if tag != "equal"]
    parts = [part for block in blocks for part in _parts(mine, theirs, *block)]
    edits = [edit for start, end, *span in parts for edit in mine.edits(start, end, theirs.code(*span))]
    if _meaning(_edited(mine.lines, edits)) != _meaning(other):
        return None
    left = sum(block.size for block in matcher.get_matching_blocks()) / max(1, len(mine.keys))
    return Difference("\n@@\n".join(_hunks(mine.lines, edits)), left)


def fence_of_change(one: str, other: str) -> str:
    """Return the fence with what makes *other* of *one*; nothing where most of *one* would have to go."""
    found = difference(one, other)
    return _fence("diff", found.change) if found and found.left >= LEAST_LEFT else ""


def fence_of_program(text: str) -> str:
    """Return the fence with a whole program."""
    return _fence("python", _without_title(text))


def _fence(language: str, code: str) -> str:
    ticks = max(map(len, re.findall("`+", code)), default=0)
    mark = "`" * max(3, ticks + 1)
    return f"{mark}{language}\n{code}\n{mark}"


def _without_title(text: str) -> str:
    """Return a program without the docstring at its top, which says nothing of the mistake."""
    tree, lines = ast.parse(text), text.splitlines()
    if ast.get_docstring(tree, clean=False) is not None:
        del lines[tree.body[0].lineno - 1 : tree.body[0].end_lineno]
    return "\n".join(lines).strip("\n")


def _parts(
    mine: _Program, theirs: _Program, start: int, end: int, their_start: int, their_end: int
) -> Iterator[tuple[int, int, int, int]]:
    """Yield what differs cut at the heads of functions and classes, below which a docstring may stand."""
    for at, their_at in zip(mine.heads(start, end), theirs.heads(their_start, their_end), strict=False):
        yield start, at, their_start, their_at
        yield at, at + 1, their_at, their_at + 1
        start, their_start = at + 1, their_at + 1
    yield start, end, their_start, their_end


@record
class _Edit:
    """Lines that go, and those that come in their place."""

    span: Span
    inserted: tuple[str, ...] = ()


@record
class _Statement:
    """The lines of a simple statement, or of the head of another; `key` is what it says."""

    span: Span
    key: str

    @property
    def is_import(self) -> bool:
        return self.key.startswith(("import ", "from "))

    @property
    def is_head(self) -> bool:
        return self.key.lstrip().startswith(("def ", "async def ", "class "))


class _Program:
    """A program as a row of statements, without its docstrings."""

    def __init__(self, text: str) -> None:
        self.lines = lines_of(text)
        self._docstrings = set(lines_of_docstrings(ast.parse(text)))
        self._statements = [
            _Statement(span, _key(self.lines[span[0] : span[1]]))
            for span in _spans(text)
            if span[0] not in self._docstrings
        ]

    @cached_property
    def keys(self) -> list[str]:
        return [statement.key for statement in self._statements]

    def heads(self, first: int, end: int) -> list[int]:
        return [at for at in range(first, end) if self._statements[at].is_head]

    def edits(self, first: int, end: int, inserted: tuple[str, ...]) -> Iterator[_Edit]:
        """Yield what puts *inserted* in the place of some statements, one edit where nothing lies between."""
        spans = [part.span for part in self._statements[first:end] if not part.is_import]
        spans = _merged(spans)
        if not spans and inserted:
            at = self._place_before(first)
            yield _Edit((at, at), inserted)
        if spans and inserted[:1] == ("",):
            inserted = inserted[1:]  # the blank line before is there
        for span in spans:
            yield _Edit(span, inserted)
            inserted = ()

    def _place_before(self, first: int) -> int:
        """Return the line behind the statement before *first*; past a docstring, the line of *first*."""
        behind = self._statements[first - 1].span[1] if first else 0
        if first == len(self._statements):
            return behind
        until = self._statements[first].span[0]
        return behind if first and self._docstrings.isdisjoint(range(behind, until)) else until

    def code(self, first: int, end: int) -> tuple[str, ...]:
        """Return the lines of some statements without comments, with blank lines where they are parted."""
        found: list[str] = []
        for statement in self._statements[first:end]:
            start, behind = statement.span
            is_inner = self.lines[start].text.startswith((" ", "\t"))
            if start and not self.lines[start - 1].text.strip() and (found or not is_inner):
                found.append("")
            found += [line.key for line in self.lines[start:behind] if not line.is_comment]
        return tuple(found)


def _spans(text: str) -> Iterator[Span]:
    """Yield the lines of each statement."""
    start: int | None = None
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _NO_CODE:
            continue
        start = token.start[0] - 1 if start is None else start
        if token.type == tokenize.NEWLINE:
            yield start, token.start[0]
            start = None


def _key(lines: Sequence[Line]) -> str:
    """Return what a statement says, however it is laid out, behind its indentation."""
    text = "\n".join(line.key for line in lines)
    code = text.lstrip()
    for whole in (code, f"{code}\n    pass"):
        try:
            tree = ast.parse(whole)
        except SyntaxError:
            continue
        code = ast.unparse(_without_annotations(tree))
        break
    return text[: len(text) - len(text.lstrip())] + code


def _without_annotations(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return tree


def _meaning(text: str) -> str:
    """Return what a program does apart from what it imports; nothing where it does not compile."""
    try:
        tree = _without_annotations(ast.parse(text))
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, WITH_DOCSTRING):
            node.body = node.body[ast.get_docstring(node, clean=False) is not None :]
    tree.body = [node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    return ast.dump(tree)


def _edited(lines: Sequence[Line], edits: Sequence[_Edit]) -> str:
    texts, at = [], 0
    for edit in edits:
        start, end = edit.span
        texts += [*(line.text for line in lines[at:start]), *edit.inserted]
        at = end
    return "\n".join([*texts, *(line.text for line in lines[at:])]) + "\n"


# -------- hunks


def _hunks(lines: Sequence[Line], edits: Sequence[_Edit]) -> Iterator[str]:
    """Yield each hunk, with as many lines around it as it needs to stand in one place only."""
    spans, wider = [edit.span for edit in edits], True
    while wider:
        spans = _merged(spans)
        wanted = [span if _is_unique(span, lines) else _widened(span, lines) for span in spans]
        wider, spans = wanted != spans, wanted
    for start, end in spans:
        inside = [edit for edit in edits if start <= edit.span[0] and edit.span[1] <= end]
        yield "\n".join(_hunk((start, end), inside, lines))


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Return *spans*, which are in order, with those that overlap or touch made one."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def _is_unique(span: Span, lines: Sequence[Line]) -> bool:
    keys = [line.key for line in lines]
    wanted = keys[span[0] : span[1]]
    places = [at for at in range(len(keys)) if keys[at : at + len(wanted)] == wanted]
    return bool(wanted) and len(places) == 1


def _widened(span: Span, lines: Sequence[Line]) -> Span:
    """Return *span* with the line before it; where that is blank or missing, with the line behind it."""
    start, end = span
    is_parted = start == 0 or not lines[start - 1].text.strip()
    return (start, end + 1) if is_parted and end < len(lines) else (start - 1, end)


def _hunk(span: Span, edits: Sequence[_Edit], lines: Sequence[Line]) -> Iterator[str]:
    at = span[0]
    for edit in edits:
        start, end = edit.span
        yield from (f" {line.key}" for line in lines[at:start])
        yield from (f"-{line.key}" for line in lines[start:end])
        yield from (f"+{text}" for text in edit.inserted)
        at = end
    yield from (f" {line.key}" for line in lines[at : span[1]])
