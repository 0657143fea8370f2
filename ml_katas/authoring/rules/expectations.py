"""The rule for where a suite reads what it expects: not from what the submission has in its hands."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ..findings import Finding, Severity

_OUTLINES = ("shape", "dtype", "device", "ndim", "dim", "size", "numel", "training")  # no values to spoil
# How a module that was handed over is told from a tensor: it is called, or asked for one of these.
_OF_MODULES = ("weight", "bias", "parameters", "named_parameters", "buffers", "named_buffers", "state_dict")
Position = tuple[int, int]  # line and column: what stands further on in a check is evaluated later
Makers = dict[str, set[int]]  # where in what a function returns there are objects of the submission's
_WHOLE = -1


def expectations_are_the_suites_own(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """What is expected is read from no object of the submission's, and from nothing that was handed to one.

    Such an object is under the submission's control: it can set both the answer and the expectation to NaN,
    to zero, or so far beyond all tolerances that nothing shows.

    Compute what is expected from numbers of the suite's own, which you write into the parameters, or from
    copies made before the call: `weight = base.weight.detach().clone()`.
    """
    tree = kata.suite_tree
    makers = _makers(tree, kata.facts.entry_points)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for line, name in _Check(node, makers).borrowed_expectations():
                problem = f"what is expected is read from {name}, which the submission has in its hands"
                yield Finding(
                    path=kata.suite.path,
                    problem=f"{problem}; compute it from numbers of your own, or from copies made before",
                    line=line,
                    severity=Severity.WARNING,
                )


def _makers(tree: ast.Module, entry_points: tuple[str, ...]) -> Makers:
    """Return what makes objects of the submission's: its classes, and functions that return one."""
    makers: Makers = {name: {_WHOLE} for name in entry_points if name[:1].isupper()}
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            inside = _Check(function, makers)
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    makers.setdefault(function.name, set()).update(inside.objects_in(node.value))
    return {name: places for name, places in makers.items() if places}


class _Check:
    """A function of a suite: what in it is an object of the submission's, or was handed to one, and when."""

    def __init__(self, function: ast.FunctionDef, makers: Makers) -> None:
        self._nodes = list(ast.walk(function))
        self._makers = makers
        self._objects: set[str] = set()
        self._values: dict[str, list[ast.expr]] = {}
        for node in self._nodes:
            if isinstance(node, ast.Assign):
                self._learn(node.targets, node.value)
        self._given = dict(sorted(self._handed_over(), reverse=True))  # the first time counts

    def _learn(self, targets: list[ast.expr], value: ast.expr) -> None:
        for target in targets:
            match target, value:
                case ast.Name(id=name), _:
                    self._bind(name, value, _WHOLE)
                case ast.Tuple(elts=parts), ast.Tuple(elts=values) if len(parts) == len(values):
                    for part, one in zip(parts, values, strict=True):
                        self._learn([part], one)
                case ast.Tuple(elts=parts), _:
                    for place, part in enumerate(parts):
                        if isinstance(part, ast.Name):
                            self._bind(part.id, value, place)

    def _bind(self, name: str, value: ast.expr, place: int) -> None:
        self._values.setdefault(name, []).append(value)
        if place in self._made_by(value):
            self._objects.add(name)

    def objects_in(self, value: ast.expr) -> set[int]:
        """Return where in a returned value there are objects of the submission's."""
        if isinstance(value, ast.Tuple):
            return {place for place, part in enumerate(value.elts) if self.objects_in(part) == {_WHOLE}}
        is_object = isinstance(value, ast.Name) and value.id in self._objects
        return {_WHOLE} if is_object or _WHOLE in self._made_by(value) else set()

    def borrowed_expectations(self) -> Iterator[tuple[int, str]]:
        """Yield line and name of each expectation that is read from what the submission has in its hands."""
        for node in self._nodes:
            match node:
                case ast.Call(func=ast.Name(id="assert_close"), args=[_, expected, *_]):
                    name = self._borrowed_from(expected, set())
                    if name:
                        yield node.lineno, name

    # -------- what happens in a check

    def _made_by(self, value: ast.expr) -> set[int]:
        """Return where in the value of an expression there are objects of the submission's."""
        match value:
            case ast.Call(func=ast.Name(id=name)):
                return self._makers.get(name, set())
        return set()

    def _handed_over(self) -> Iterator[tuple[str, Position]]:
        for node in self._nodes:
            match node:
                case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in self._makers:
                    for value in (*args, *(keyword.value for keyword in keywords)):
                        if isinstance(value, ast.Name):
                            yield value.id, _place(node)

    # -------- what is read

    def _borrowed_from(self, value: ast.expr, seen: set[str]) -> str:
        """Return the name of what an expression is read from, itself or by way of a variable; or ""."""
        harmless = {id(name) for node in ast.walk(value) for name in _harmless(node)}
        for node in ast.walk(value):
            if not isinstance(node, ast.Name):
                continue
            name = node.id
            if name in self._objects and id(node) not in harmless:
                return name
            if name in self._given and _place(node) > self._given[name] and _is_used_as_module(value, name):
                return name
            if name not in seen and name not in self._objects:
                seen.add(name)
                found = (self._borrowed_from(earlier, seen) for earlier in self._values.get(name, ()))
                if borrowed := next(filter(None, found), ""):
                    return borrowed
        return ""


def _harmless(node: ast.AST) -> Iterator[ast.Name]:
    """Yield the name of an object where it is called, for an answer and no state, or asked for an outline."""
    match node:
        case ast.Call(func=ast.Name() as called):
            yield called
        case ast.Call(func=ast.Attribute(value=ast.Name() as owner, attr=method)) if (
            method not in _OF_MODULES
        ):
            yield owner
        case ast.Attribute(attr=attribute) if attribute in _OUTLINES:
            yield from (name for name in ast.walk(node) if isinstance(name, ast.Name))


def _is_used_as_module(value: ast.expr, name: str) -> bool:
    for node in ast.walk(value):
        match node:
            case ast.Call(func=ast.Name(id=called)) if called == name:
                return True
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if owner == name:
                if attribute in _OF_MODULES:
                    return True
    return False


def _place(node: ast.expr) -> Position:
    return node.lineno, node.col_offset
