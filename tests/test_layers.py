"""The architecture, read from the syntax trees: imports point down; the command line never meets torch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import ml_katas

PACKAGE = Path(ml_katas.__file__).parent

# From the bottom to the top; a module belongs to the first entry that is its name or a package above it.
LAYERS = {
    "vocabulary": (
        "records",
        "spelling",
        "errors",
        "markdown",
        "mathtext",
        "strict",
        "suite",
        "deck",
        "difficulty",
        "kata",
        "edition",
        "report",
        "plain",
        "",
    ),
    "stores": (
        "files",
        "index",
        "config",
        "catalog",
        "workspace",
        "database",
        "progress",
        "templates",
        "desk",
    ),
    "engine": ("judging", "testing"),
    "use cases": (
        "standing",
        "practice",
        "replaying",
        "watching",
        "answers",
        "versions",
        "editing",
        "authoring",
        "demo",
        "doctor",
    ),
    "rendering": ("render",),
    "edge": ("cli", "__main__"),
}


def modules() -> dict[str, Path]:
    """Return every module of the package by its name below `ml_katas`."""
    names = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imports(name: str, path: Path) -> Iterator[str]:
    """Yield what a module imports: `.kata` for a module of the package, `torch` for another's."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in _run_time_nodes(tree):
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


def _run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _run_time_nodes(node)


MODULES = modules()


def layer(name: str) -> int:
    """Return how high a module stands."""
    for height, owners in enumerate(LAYERS.values()):
        if any(name == owner or (owner and name.startswith(f"{owner}.")) for owner in owners):
            return height
    raise AssertionError(f"ml_katas.{name} has no layer; give it one in tests/test_layers.py")


def test_imports_point_down() -> None:
    """No module imports one that stands above it."""
    upward = [
        f"{name} imports {target}"
        for name, path in MODULES.items()
        for target in imports(name, path)
        if target.startswith(".") and target[1:] in MODULES and layer(target[1:]) > layer(name)
    ]
    assert upward == []


def test_the_command_line_never_reaches_torch() -> None:
    """Nothing that the command line can import, at its start or later, imports torch, NumPy or pytest."""
    reached, heavy, todo = set(), [], ["__main__", *(n for n in MODULES if n.startswith("cli"))]
    while todo:
        name = todo.pop()
        if name in reached:
            continue
        reached.add(name)
        for target in imports(name, MODULES[name]):
            if target.startswith("."):
                parents = target[1:].split(".")
                todo += [".".join(parents[:n]) for n in range(1, len(parents) + 1)]
            elif target.split(".")[0] in ("torch", "numpy", "pytest", "_pytest"):
                heavy.append(f"{name} imports {target}")
    assert heavy == []
    assert "judging.client" in reached


def test_only_the_engine_imports_torch() -> None:
    """Outside the engine no module imports torch."""
    users = {
        name
        for name, path in MODULES.items()
        for target in imports(name, path)
        if target.split(".")[0] == "torch" and layer(name) != list(LAYERS).index("engine")
    }
    assert users == set()


def test_every_module_says_what_it_holds() -> None:
    """Every module begins with a docstring whose first line is a whole sentence."""
    silent = []
    for name, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        doc = ast.get_docstring(ast.parse(text)) or ""
        if not doc.split("\n\n")[0].rstrip().endswith((".", ":", "?")):
            silent.append(name)
    assert silent == []


def test_nothing_from_a_sandbox_is_unpickled() -> None:
    """No module of the engine knows pickle, torch.load or eval."""
    users = [
        name
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(a.name in ("pickle", "dill", "marshal") for a in node.names))
        or (isinstance(node, ast.Call) and ast.unparse(node.func) in ("eval", "torch.load"))
    ]
    assert users == []
