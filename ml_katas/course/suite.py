"""What a suite promises, read from its syntax tree: its manifest of checks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ..errors import InvalidKata
from ..support.records import record
from ..support.spelling import nearest
from ..support.toml import read_text

_PINS = re.compile(r'^\s*Pins: "([^"]+)"', re.MULTILINE)


@record(kw_only=True)
class Check:
    """One promise of a suite: a top-level `test_*` function and the sentence of its docstring.

    `after` are the checks that it waits for, `pins` the passages of the brief that it says it is for.
    """

    name: str
    sentence: str
    line: int
    after: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()


@record
class Suite:
    """A kata's hidden suite; every check of the manifest must run and pass."""

    path: Path
    checks: tuple[Check, ...]

    @classmethod
    def load(cls, path: Path) -> Suite:
        """Return the suite at *path* without running it, or raise InvalidKata."""
        try:
            tree = ast.parse(read_text(path), str(path))
        except SyntaxError as error:
            raise InvalidKata(path, error.lineno, f"does not compile: {error.msg}") from None
        checks = tuple(_check(path, node) for node in tree.body if _is_check(node))
        _refuse_classes(path, tree)
        _refuse_odd_names(path, checks)
        return cls(path, checks)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(check.name for check in self.checks)


def _is_check(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def _check(path: Path, node: ast.stmt) -> Check:
    assert isinstance(node, ast.FunctionDef)
    doc = ast.get_docstring(node)
    if not doc:
        raise InvalidKata(path, node.lineno, f"{node.name} needs a docstring: the sentence that learners see")
    after = tuple(name for decorator in node.decorator_list for name in _after(path, decorator))
    sentence = doc.splitlines()[0].rstrip(".")
    pins = tuple(_PINS.findall(doc))
    return Check(name=node.name, sentence=sentence, line=node.lineno, after=after, pins=pins)


def _after(path: Path, decorator: ast.expr) -> tuple[str, ...]:
    match decorator:
        case ast.Call(func=ast.Name(id="after") | ast.Attribute(attr="after"), args=arguments):
            if all(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in arguments):
                return tuple(ast.literal_eval(argument) for argument in arguments)
            raise InvalidKata(path, decorator.lineno, "@after takes the names of checks, as text")
    return ()


def _refuse_classes(path: Path, tree: ast.Module) -> None:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            raise InvalidKata(path, node.lineno, "checks are top-level test_* functions; no test classes")


def _refuse_odd_names(path: Path, checks: tuple[Check, ...]) -> None:
    if not checks:
        raise InvalidKata(path, 1, "a suite needs at least one top-level test_* function")
    seen: list[str] = []
    for check in checks:
        if check.name in seen:
            raise InvalidKata(path, check.line, f"{check.name} is defined twice")
        for name in check.after:
            if name not in seen:
                near = nearest(name, seen)
                raise InvalidKata(path, check.line, f"@after({name!r}) must name an earlier check.{near}")
        seen.append(check.name)
