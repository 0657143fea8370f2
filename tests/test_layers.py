"""The architecture, read from the syntax trees: the folder is the layer, and imports point down."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import ml_katas

PACKAGE = Path(ml_katas.__file__).parent

# From the bottom to the top. A folder may import those of its own row and of the rows above it here.
LAYERS = (
    ("support", "errors", "report", ""),
    ("mathtext",),
    ("course",),
    ("config",),
    ("comparison",),
    ("judging", "testing"),
    ("practice",),
    ("cards",),
    ("authoring", "doctor"),
    ("render",),
    ("cli", "__main__"),
)
TORCH = ("comparison", "judging", "testing")


def modules() -> dict[str, Path]:
    """Return every module of the package by its name below `ml_katas`."""
    names = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


@cache
def tree_of(name: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@cache
def imports(name: str, *, typing: bool = False) -> tuple[str, ...]:
    """Return what a module imports: `.course.kata` for a module of the package, `torch` for another's.

    What is imported for type checkers only counts with *typing*.
    """
    return tuple(_imports(name, typing))


def _imports(name: str, typing: bool) -> Iterator[str]:
    path = MODULES[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in _nodes(tree_of(name), typing):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = [part for part in package if part][: len(package) - node.level + 1]
            home = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                inner = f"{home}.{alias.name}".strip(".")
                yield "." + (inner if inner in MODULES else home)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _nodes(tree: ast.AST, typing: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.expr):
            continue  # no statement stands in one
        if not typing and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _nodes(node, typing)


def ours(name: str, *, typing: bool = False) -> Iterator[str]:
    """Yield the modules of the package that a module imports."""
    yield from (target[1:] for target in imports(name, typing=typing) if target.startswith("."))


MODULES = modules()


def room(name: str) -> str:
    """Return the folder, or the file on top, that a module belongs to."""
    return name.partition(".")[0]


def layer(name: str) -> int:
    """Return how high a module stands."""
    for height, rooms in enumerate(LAYERS):
        if room(name) in rooms:
            return height
    raise AssertionError(f"ml_katas/{room(name)} has no layer; give it one in tests/test_layers.py")


def test_imports_point_down() -> None:
    """No module imports one of a folder that stands above its own, not even for type checkers."""
    upward = [
        f"{name} imports {target}"
        for name in MODULES
        for target in ours(name, typing=True)
        if layer(target) > layer(name)
    ]
    assert upward == []


def graph(depth: int, below: str = "") -> dict[str, set[str]]:
    """Return what imports what, module names cut to *depth* parts, among the modules *below* a folder."""

    def cut(name: str) -> str:
        return ".".join(name.split(".")[:depth])

    edges: dict[str, set[str]] = {}
    for name in MODULES:
        if name.startswith(below) and name:
            targets = {cut(target) for target in ours(name, typing=True) if target.startswith(below)}
            edges.setdefault(cut(name), set()).update(targets - {cut(name), ""})
    return edges


@pytest.mark.parametrize(
    ("depth", "below"),
    [(1, ""), (2, "judging."), (2, "authoring."), (9, "")],
    ids=["folders", "judging", "authoring", "modules"],
)
def test_nothing_imports_in_a_circle(depth: int, below: str) -> None:
    """Neither folders, nor the wings of the engine, nor modules import one another in a circle."""
    try:
        tuple(TopologicalSorter(graph(depth, below)).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_every_layer_is_there() -> None:
    """The table above names no folder that is gone."""
    rooms = {room(name) for name in MODULES}
    assert {name for row in LAYERS for name in row} == rooms


def test_the_command_line_never_reaches_torch() -> None:
    """Nothing that the command line can import, at its start or later, imports torch, NumPy or pytest."""
    reached, heavy, todo = set(), [], ["__main__", *(n for n in MODULES if room(n) == "cli")]
    while todo:
        name = todo.pop()
        if name in reached:
            continue
        reached.add(name)
        for target in imports(name):
            if target.startswith("."):
                parents = target[1:].split(".")
                todo += [".".join(parents[:n]) for n in range(1, len(parents) + 1)]
            elif target.split(".")[0] in ("torch", "numpy", "pytest", "_pytest"):
                heavy.append(f"{name} imports {target}")
    assert heavy == []
    assert "judging.client" in reached


def test_only_the_engine_imports_torch() -> None:
    """Outside the engine and the comparison no module imports torch."""
    users = {room(name) for name in MODULES for target in imports(name) if target.split(".")[0] == "torch"}
    assert users == set(TORCH)


def test_only_one_module_knows_what_pytest_keeps_private() -> None:
    """An upgrade of pytest can break one file."""
    users = {name for name in MODULES for target in imports(name) if target.split(".")[0] == "_pytest"}
    assert users == {"judging.run.session"}


def test_anki_itself_is_for_tests_only() -> None:
    """No module imports Anki's library, whose licence is another one."""
    users = {name for name in MODULES for target in imports(name) if target.split(".")[0] in ("anki", "aqt")}
    assert users == set()


def test_one_name_is_one_thing() -> None:
    """No two modules define a public class, or an alias for a type, of the same name."""
    homes: dict[str, list[str]] = {}
    for name in MODULES:
        for defined in _public_types(tree_of(name)):
            homes.setdefault(defined, []).append(name)
    assert {defined: names for defined, names in homes.items() if len(names) > 1} == {}


def _public_types(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp()):
                if re.fullmatch(r"[A-Z]+[a-z]\w*", name):
                    yield name


def test_every_module_says_what_it_holds() -> None:
    """Every module begins with a docstring whose first line is a whole sentence."""
    silent = []
    for name in MODULES:
        doc = ast.get_docstring(tree_of(name)) or ""
        if not doc.split("\n\n")[0].rstrip().endswith((".", ":", "?")):
            silent.append(name)
    assert silent == []


def test_nothing_from_a_sandbox_is_unpickled() -> None:
    """No module of the engine knows pickle, torch.load or eval."""
    users = [
        name
        for name in MODULES
        for node in ast.walk(tree_of(name))
        if (isinstance(node, ast.Import) and any(a.name in ("pickle", "dill", "marshal") for a in node.names))
        or (isinstance(node, ast.Call) and ast.unparse(node.func) in ("eval", "torch.load"))
    ]
    assert users == []
