"""What a kata asks to be written by hand: avoided names, read from the source and probed while it runs.

Both happen in the sandbox. The source is read before the submission's code runs there; the probes catch what
reading cannot see, such as a name made up for getattr. Either can only lower a verdict.
"""

from __future__ import annotations

import ast
import functools
import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_METHODS = "torch.Tensor."
Use = tuple[str, int]


def uses(source: str, avoided: Iterable[str]) -> list[Use]:
    """Return the avoided names that *source* uses, by whatever alias, with their lines."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []  # loading it says so better
    reader = _Reader(frozenset(avoided))
    reader.visit(tree)
    return reader.found


class _Reader(ast.NodeVisitor):
    """Follows import aliases through a file; methods are told by their name alone."""

    def __init__(self, avoided: frozenset[str]) -> None:
        self.found: list[Use] = []
        self._avoided = avoided
        self._methods = {name.removeprefix(_METHODS): name for name in avoided if name.startswith(_METHODS)}
        self._aliases: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            self._aliases[alias.asname or root] = alias.name if alias.asname else root

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            path = f"{node.module}.{alias.name}"
            self._aliases[alias.asname or alias.name] = path
            self._note(path, node.lineno)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path = self._path(node)
        if path is not None:
            self._note(path, node.lineno)
        elif node.attr in self._methods and not _is_own(node.value):
            self.found.append((self._methods[node.attr], node.lineno))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[base, ast.Constant(value=str(name)), *_]):
                path = self._path(base)
                self._note(f"{path}.{name}" if path else f"{_METHODS}{name}", node.lineno)
        self.generic_visit(node)

    def _note(self, path: str, line: int) -> None:
        if path in self._avoided:
            self.found.append((path, line))

    def _path(self, node: ast.expr) -> str | None:
        """Return the dotted path that an expression stands for, where an import leads to it."""
        if isinstance(node, ast.Name):
            return self._aliases.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self._path(node.value)
            return base and f"{base}.{node.attr}"
        return None


def _is_own(base: ast.expr) -> bool:
    return isinstance(base, ast.Name) and base.id in ("self", "cls")


def probe(avoided: Iterable[str], file_name: str, record: Callable[[str, int], None]) -> None:
    """Have *record* told when code of *file_name* calls an avoided name, however it got hold of it."""
    for path, holder, name in _holders(avoided):
        function = getattr(holder, name)
        if callable(function) and not isinstance(function, type):
            setattr(holder, name, _probed(function, path, file_name, record))


def _holders(avoided: Iterable[str]) -> Iterator[tuple[str, Any, str]]:
    for path in avoided:
        parent, _, name = path.rpartition(".")
        holder = _find(parent)
        if holder is not None and hasattr(holder, name):
            yield path, holder, name


def _find(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return importlib.import_module(path)
    except ImportError:
        return getattr(sys.modules.get(module), name, None)


def _probed(
    function: Callable[..., Any], path: str, file_name: str, record: Callable[[str, int], None]
) -> Callable[..., Any]:
    @functools.wraps(function)
    def probed(*args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(1)
        if caller.f_code.co_filename == file_name:
            record(path, caller.f_lineno)
        return function(*args, **kwargs)

    return probed
