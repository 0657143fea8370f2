"""What a kata asks to be written by hand, read from the source of a submission before it runs.

That happens in the sandbox and gives the friendliest sentence; what reading cannot see is watched.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_METHODS = "torch.Tensor."
NameAtLine = tuple[str, int]


def uses(source: str, avoided: Iterable[str]) -> list[NameAtLine]:
    """Return the avoided names that *source* uses, by whatever alias, with their lines."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # loading it says so better, or runs what is too deep to be read
    return _Reader(tree, frozenset(avoided)).found()


class _Reader:
    """Follows aliases through a file, however deeply its expressions nest; methods go by their name."""

    def __init__(self, tree: ast.AST, avoided: frozenset[str]) -> None:
        self._nodes = list(ast.walk(tree))
        self._avoided = avoided
        self._methods = {name.removeprefix(_METHODS): name for name in avoided if name.startswith(_METHODS)}
        self._ways = {name[:at] for name in avoided for at, mark in enumerate(name) if mark == "."}
        self._aliases: dict[str, set[str]] = {}

    def found(self) -> list[NameAtLine]:
        """Return what is used, in the order of the file."""
        for node in self._nodes:
            self._learn_import(node)
        for node in self._nodes:
            self._learn_assignment(node)
        return sorted({use for node in self._nodes for use in self._uses(node)}, key=lambda use: use[1])

    # -------- what names stand for

    def _learn_import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                self._learn(alias.asname or root, alias.name if alias.asname else root)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self._learn(alias.asname or alias.name, f"{node.module}.{alias.name}")

    def _learn_assignment(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if isinstance(value, ast.Attribute):
                for path in self._paths(value) & self._ways:
                    self._learn(name, path)

    def _learn(self, name: str, path: str) -> None:
        self._aliases.setdefault(name, set()).add(path)

    def _paths(self, node: ast.expr) -> set[str]:
        """Return the dotted paths that an expression may stand for, where an import leads to them."""
        names = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        roots = self._aliases.get(node.id, set()) if isinstance(node, ast.Name) else set()
        return {".".join([root, *reversed(names)]) for root in roots}

    # -------- uses

    def _uses(self, node: ast.AST) -> Iterator[NameAtLine]:
        if isinstance(node, ast.ImportFrom):
            yield from self._among([f"{node.module}.{alias.name}" for alias in node.names], node.lineno)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node.value, node.attr, node.lineno)
        else:
            match node:
                case ast.Call(func=ast.Name(id="getattr"), args=[base, ast.Constant(value=str(name)), *_]):
                    yield from self._attribute(base, name, node.lineno)

    def _attribute(self, base: ast.expr, name: str, line: int) -> Iterator[NameAtLine]:
        paths = self._paths(base)
        yield from self._among([f"{path}.{name}" for path in paths], line)
        if not paths and name in self._methods and not _is_own(base):
            yield self._methods[name], line

    def _among(self, paths: Iterable[str], line: int) -> Iterator[NameAtLine]:
        return ((path, line) for path in paths if path in self._avoided)


def _is_own(base: ast.expr) -> bool:
    return isinstance(base, ast.Name) and base.id in ("self", "cls")
