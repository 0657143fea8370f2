"""Starters made from a solution: what a learner must define, without the code that does it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from itertools import count

from .signatures import Class, Function, Solution

_SAYS_NOTHING = '"""TODO: say what is returned, with shapes."""'
_STEP = "# TODO: a step, to be numbered"
_KEPT_DECORATORS = ("property", "staticmethod", "classmethod", "dataclass")


def starter_code(solution: Solution) -> str:
    """Return the code block of a starter template: imports, signatures, docstrings, steps to be worded."""
    stubs = "".join(part for entry in solution.entry_points for part in ("\n\n", *_stub(entry, solution)))
    steps = (f"# {number}. TODO: the next step, in words" for number in count(1))
    stubs = re.sub(re.escape(_STEP), lambda _: next(steps), stubs)
    return "\n".join([*_needed(solution), "", "", stubs.strip("\n")]).strip("\n")


def _stub(entry: Function | Class, solution: Solution) -> Iterator[str]:
    if isinstance(entry, Function):
        yield from _function_stub(entry.node, solution.text, "")
        return
    yield _opening(entry.node, solution.text)
    for part in entry.node.body:
        if isinstance(part, ast.AnnAssign):
            yield f"{_lines(part, solution.text)}\n"
    for part in entry.node.body:
        if isinstance(part, ast.FunctionDef) and _is_promised(part):
            starts_module = entry.is_module and part.name == "__init__"
            yield "\n"
            yield from _function_stub(part, solution.text, "super().__init__()" if starts_module else "")


def _function_stub(node: ast.FunctionDef, text: str, first: str) -> Iterator[str]:
    indent = " " * (node.col_offset + 4)
    yield _opening(node, text)
    yield f"{indent}{first}\n" if first else ""
    yield f"{indent}{{% if not bare %}}\n"
    yield f"{indent}{_STEP}.\n\n"
    yield f"{indent}{{% endif %}}\n"
    yield f"{indent}raise NotImplementedError\n"


def _opening(node: ast.FunctionDef | ast.ClassDef, text: str) -> str:
    """Return the header of a definition with its docstring, safe from Jinja."""
    outer = " " * node.col_offset
    decorators = [f"{outer}@{ast.unparse(d)}" for d in node.decorator_list if _is_kept(d)]
    lines = [*decorators, _header(node, text)]
    if ast.get_docstring(node) is not None:
        lines.append(_lines(node.body[0], text))
    elif not node.name.startswith("_"):
        lines.append(f"{outer}    {_SAYS_NOTHING}")
    return _literal("\n".join(lines)) + "\n"


def _header(node: ast.FunctionDef | ast.ClassDef, text: str) -> str:
    """Return the lines of a definition to the colon that ends its signature."""
    lines = text.split("\n")[node.lineno - 1 : node.end_lineno]
    depth = 0  # of brackets: in annotations and defaults there are colons too
    for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        if token.string == ":" and token.type == tokenize.OP and depth == 0:
            row, column = token.end
            return "\n".join([*lines[: row - 1], lines[row - 1][:column]])
    raise AssertionError("a definition that compiles has a colon")


def _lines(node: ast.stmt, text: str) -> str:
    """Return a statement as it is written, its first line indented as it should be."""
    return " " * node.col_offset + (ast.get_source_segment(text, node) or "")


def _literal(text: str) -> str:
    """Return *text* so that Jinja renders it as it is; it takes away the line break behind a tag."""
    return f"{{% raw %}}{text}{{% endraw %}}\n" if any(mark in text for mark in ("{{", "{%", "{#")) else text


def _is_promised(node: ast.FunctionDef) -> bool:
    return not node.name.startswith("_") or node.name.endswith("__")


def _is_kept(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).partition("(")[0].rpartition(".")[2] in _KEPT_DECORATORS


def _needed(solution: Solution) -> list[str]:
    """Return the imports and definitions that the stubs need, and torch's, in the order of the solution."""
    names = {name for entry in solution.entry_points for name in _names_in_signatures(entry.node)}
    others = [node for node in solution.tree.body if getattr(node, "name", "") not in solution.names]
    kept: list[ast.stmt] = []
    for node in reversed(others):
        if _is_always_kept(node) or _bound(node) & names:
            kept.insert(0, node)
            if not isinstance(node, ast.Import | ast.ImportFrom):
                names |= _names(node)
    return [_spaced(node, solution.text) for node in kept]


def _names_in_signatures(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    if isinstance(node, ast.FunctionDef):
        return _names(node.args) | (_names(node.returns) if node.returns else set())
    outer = [*node.bases, *node.keywords, *filter(_is_kept, node.decorator_list)]
    fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef) and _is_promised(part)]
    own = {name for part in (*outer, *fields) for name in _names(part)}
    return own.union(*map(_names_in_signatures, methods))


def _names(node: ast.AST) -> set[str]:
    """Return the names below *node*, those in annotations that are text too."""
    found = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return found | {text for text in texts if isinstance(text, str) and text.isidentifier()}


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement at the top of a file binds."""
    match node:
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return {alias.asname or alias.name.partition(".")[0] for alias in aliases}
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return set().union(*map(_names, targets))
        case ast.AnnAssign(target=target):
            return _names(target)
    return set()


def _is_always_kept(node: ast.stmt) -> bool:
    match node:
        case ast.ImportFrom(module=str(module)):
            return module.partition(".")[0] in ("__future__", "torch")
        case ast.Import(names=aliases):
            return any(alias.name.partition(".")[0] == "torch" for alias in aliases)
    return False


def _spaced(node: ast.stmt, text: str) -> str:
    """Return a statement as it is written, with the blank line that stood before it."""
    above = text.split("\n")[node.lineno - 2] if node.lineno > 1 else "x"
    return _literal(_lines(node, text)) if above.strip() else f"\n{_literal(_lines(node, text))}"
