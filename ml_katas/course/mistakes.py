"""Known mistakes: a kata's `mistakes.md`, read strictly."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import InvalidKata
from ..support.markdown import Fence, Numbered, Section, parted, sections
from ..support.records import record
from ..support.spelling import nearest
from ..support.toml import read_text
from .changes import Placed, changed, hunks_of, lines_of
from .slug import SLUG

_COMMENT = re.compile(r"\s*<!--\s*(?P<key>[^:]*?)\s*(?::\s*(?P<value>.*?)\s*)?-->\s*")
_KEYS = ("caught by", "free")
_COMMENTS = "<!-- caught by: test_a, test_b --> or <!-- free: eps -->, on one line"
_FENCES = "exactly one fence: ```diff, a change to solution.py, or ```python, a whole program"

Comments = dict[str, tuple[int, tuple[str, ...]]]  # by their key: the line, and the names that they list


@record(kw_only=True)
class Mistake:
    """A plausible wrong solution that an author wrote down, at a line of a page.

    `sentences` are Markdown: the cause, then the remedy. One of the checks `caught_by` must fail. `source` is
    the whole program; in it each number that is `free` has one assignment, and another would do as well.
    """

    name: str
    sentences: str
    caught_by: tuple[str, ...]
    free: tuple[str, ...]
    source: bytes
    path: Path
    line: int


def read_mistakes(path: Path, solution: Path, checks: Sequence[str]) -> tuple[Mistake, ...]:
    """Return the mistakes in *path*, in order, or raise InvalidKata with the line to correct."""
    return mistakes_in(read_text(path), path, solution, checks)


def mistakes_in(text: str, path: Path, solution: Path, checks: Sequence[str]) -> tuple[Mistake, ...]:
    """Return the mistakes in a *text* that is, or is to be, that of *path*; raises as `read_mistakes`."""
    reader = _Reader(path, solution, checks)
    return tuple(reader.mistake(part, lines) for part, lines in _entries(text))


def _entries(text: str) -> Iterator[tuple[Section, list[Numbered]]]:
    """Yield each section with the lines below its heading."""
    lines, parts = list(enumerate(text.splitlines(), 1)), sections(text)
    ends = [*(part.line - 1 for part in parts[1:]), len(lines)]
    for part, end in zip(parts, ends, strict=False):
        yield part, lines[part.line : end]


class _Reader:
    """Makes mistakes of the sections of one file."""

    def __init__(self, path: Path, solution: Path, checks: Sequence[str]) -> None:
        self._path = path
        self._checks = checks
        self._names: set[str] = set()
        self._original = _tree(read_text(solution), solution)
        self._solution = lines_of(read_text(solution))

    def mistake(self, part: Section, lines: list[Numbered]) -> Mistake:
        """Return the mistake that a section is."""
        outside, fences = parted(lines)
        program = self._program(part.line, fences)
        tree = self._compiled(program, fences[0].line)
        comments = self._comments(outside)
        return Mistake(
            name=self._name(part),
            sentences=self._sentences(part.line, outside),
            caught_by=self._caught_by(part.line, comments),
            free=self._free(comments, program, tree),
            source=_text(program).encode(),
            path=self._path,
            line=part.line,
        )

    def _name(self, part: Section) -> str:
        if not SLUG.fullmatch(part.title):
            says = f"a mistake's heading is its name, such as 'softmax-before-topk', not {part.title!r}"
            raise self._error(part.line, says)
        if part.title in self._names:
            raise self._error(part.line, f"the name {part.title!r} is used twice")
        self._names.add(part.title)
        return part.title

    # -------- what is changed

    def _program(self, heading: int, fences: Sequence[Fence]) -> tuple[Placed, ...]:
        if len(fences) != 1 or fences[0].language not in ("diff", "python"):
            odd = [fence.line for fence in fences if fence.language not in ("diff", "python")]
            second = [fence.line for fence in fences[1:]]
            raise self._error(next(iter([*odd, *second]), heading), f"a mistake has {_FENCES}")
        (fence,) = fences
        if not fence.is_closed:
            raise self._error(fence.line, "this fence is not closed")
        if fence.language == "python":
            return tuple((text, number) for number, text in fence.lines)
        hunks = hunks_of(self._path, fence.lines)
        if not hunks:
            raise self._error(fence.line, "this change is empty")
        return changed(self._path, hunks, self._solution)

    def _compiled(self, program: Sequence[Placed], fence: int) -> ast.Module:
        """Return the syntax tree of what results, if it compiles and is another than the solution's."""
        try:
            tree = ast.parse(_text(program), str(self._path))
            compile(tree, str(self._path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            at = getattr(error, "lineno", None) or 0
            inserted = program[at - 1][1] if 0 < at <= len(program) else None
            says = f"what results does not compile: {getattr(error, 'msg', error)}"
            raise self._error(inserted or fence, says) from None
        if _is_same(tree, self._original):
            raise self._error(fence, "this changes nothing: what results is the code of solution.py")
        return tree

    # -------- what is said

    def _comments(self, outside: Sequence[Numbered]) -> Comments:
        found: Comments = {}
        for number, text in outside:
            if not text.lstrip().startswith("<!--"):
                continue
            comment = _COMMENT.fullmatch(text)
            key = comment["key"] if comment else ""
            if comment is None or key not in _KEYS:
                raise self._error(number, f"a comment here is {_COMMENTS}.{nearest(key, _KEYS)}")
            if key in found:
                raise self._error(number, f"'{key}' is said twice")
            found[key] = number, tuple(re.split(r"\s*,\s*", comment["value"] or ""))
        return found

    def _caught_by(self, heading: int, comments: Comments) -> tuple[str, ...]:
        if "caught by" not in comments:
            says = "a mistake needs a line such as <!-- caught by: test_a, test_b -->"
            raise self._error(heading, says)
        number, names = comments["caught by"]
        for name in names:
            if name not in self._checks:
                says = f"caught by {name!r}, which is not a check of suite.py.{nearest(name, self._checks)}"
                raise self._error(number, says)
        return names

    def _free(self, comments: Comments, program: Sequence[Placed], tree: ast.Module) -> tuple[str, ...]:
        number, names = comments.get("free", (0, ()))
        for name in names:
            lines = list(_numbers_assigned(tree, name))
            if len(lines) != 1 or program[lines[0] - 1][1] is None:
                says = f"'free: {name}' needs one line `{name} = …` with a number, among those inserted"
                raise self._error(number, says)
        return names

    def _sentences(self, heading: int, outside: Sequence[Numbered]) -> str:
        lines = ["" if text.lstrip().startswith("<!--") else text.rstrip() for _, text in outside]
        paragraphs = [part.strip("\n") for part in re.split(r"\n\n+", "\n".join(lines)) if part.strip()]
        if len(paragraphs) < 2:
            says = "a mistake needs two paragraphs: the cause, then the remedy and where that stands"
            raise self._error(heading, says)
        return "\n\n".join(paragraphs)

    def _error(self, line: int, problem: str) -> InvalidKata:
        return InvalidKata(self._path, line, problem)


def _is_same(one: object, other: object) -> bool:
    """Return whether two syntax trees say the same, wherever it stands."""
    if type(one) is not type(other):
        return False
    if isinstance(one, ast.AST):
        return all(_is_same(getattr(one, name), getattr(other, name)) for name in one._fields)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return one == other


def _text(program: Sequence[Placed]) -> str:
    return "".join(f"{text}\n" for text, _ in program)


def _numbers_assigned(tree: ast.Module, name: str) -> Iterator[int]:
    """Yield the lines that assign a number to *name*."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                if isinstance(value, ast.UnaryOp):
                    value = value.operand
                if isinstance(value, ast.Constant) and type(value.value) in (int, float):
                    yield node.lineno


def _tree(text: str, path: Path) -> ast.Module:
    try:
        return ast.parse(text, str(path))
    except SyntaxError as error:
        raise InvalidKata(path, error.lineno, f"does not compile: {error.msg}") from None
