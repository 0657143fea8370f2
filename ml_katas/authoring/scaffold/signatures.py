"""The entry points of a solution, read from its syntax tree: what a suite calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from ...errors import UsageError
from ...support.records import record
from ...support.spelling import nearest

Definitions = Mapping[str, ast.FunctionDef | ast.ClassDef]


@record
class Function:
    """A function with the names of its parameters, or a method without its `self`."""

    name: str
    parameters: tuple[str, ...]
    node: ast.FunctionDef


@record(kw_only=True)
class Class:
    """A class: how it is made and what its objects do; `call` is the forward of a module."""

    name: str
    is_module: bool
    constructor: Function | None
    call: Function | None
    methods: tuple[Function, ...]
    node: ast.ClassDef

    @property
    def can_be_called(self) -> bool:
        return bool(self.call or self.methods)


@record
class Solution:
    """A solution's text, with the functions and classes that a submission must define."""

    text: str
    tree: ast.Module
    entry_points: tuple[Function | Class, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.entry_points)

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""


def read_solution(text: str, where: str, wanted: Sequence[str] = ()) -> Solution:
    """Return the solution with its *wanted* entry points, or raise UsageError with the line of *where*.

    When none is wanted by name, they are its public functions and its public classes with methods.
    """
    tree = _parsed(text, where)
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for name in wanted:
        if name not in found:
            says = f"{where} defines no function or class {name!r}.{nearest(name, found)}"
            raise UsageError(says, f"It defines {', '.join(found) or 'none at all'}.")
    entries = [entry_point(found[name], found) for name in dict.fromkeys(wanted) or _public(found)]
    for entry in entries:
        _refuse_what_no_suite_can_call(entry, where)
    return Solution(text, tree, tuple(entries)) if entries else _refuse_nothing(text, where)


def entry_point(node: ast.FunctionDef | ast.ClassDef, found: Definitions) -> Function | Class:
    """Return a function or class of a file as what a suite can call; *found* is what the file defines."""
    if isinstance(node, ast.FunctionDef):
        return _function(node)
    own = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
    is_module = _is_module(node, found)
    maker, caller = own.pop("__init__", None), own.pop("forward" if is_module else "__call__", None)
    return Class(
        name=node.name,
        is_module=is_module,
        constructor=_function(maker, skip=1) if maker else None,
        call=_function(caller, skip=1) if caller else None,
        methods=tuple(_function(part, skip=1) for part in own.values() if _is_public_method(part)),
        node=node,
    )


def bare_call(function: Function) -> str:
    """Return a function as a brief writes it: `softmax(x, dim=-1)`."""
    copy = ast.parse(ast.unparse(function.node)).body[0]
    assert isinstance(copy, ast.FunctionDef)
    for argument in ast.walk(copy.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    copy.args.args = [argument for argument in copy.args.args if argument.arg != "self"]
    return f"{function.name}({ast.unparse(copy.args)})"


def _parsed(text: str, where: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        says = f"{where}:{error.lineno}: does not compile: {error.msg}."
        raise UsageError(says, "Fix it, then run the command again.") from None
    except ValueError as error:  # null bytes
        raise UsageError(f"{where} is not Python: {error}.", "--from takes a file of Python code.") from None


def _public(found: Definitions) -> Iterator[str]:
    for name, node in found.items():
        entry = entry_point(node, found)
        if not name.startswith("_") and (isinstance(entry, Function) or entry.can_be_called):
            yield name


def _function(node: ast.FunctionDef, skip: int = 0) -> Function:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return Function(node.name, tuple(argument.arg for argument in arguments[skip:]), node)


def _is_public_method(node: ast.FunctionDef) -> bool:
    kinds = {ast.unparse(decorator) for decorator in node.decorator_list}
    return not node.name.startswith("_") and not kinds & {"property", "staticmethod", "classmethod"}


def _is_module(node: ast.ClassDef, found: Definitions) -> bool:
    for base in map(ast.unparse, node.bases):
        above = found.get(base)
        if base == "Module" or base.startswith(("nn.", "torch.nn.")):
            return True
        if isinstance(above, ast.ClassDef) and above is not node and _is_module(above, found):
            return True
    return False


def _refuse_what_no_suite_can_call(entry: Function | Class, where: str) -> None:
    if isinstance(entry, Class) and not entry.can_be_called:
        says = f"{where}:{entry.node.lineno}: the class {entry.name} has no public method to check."
        raise UsageError(says, "Give it one, or name other entry points with --entry-point.")


def _refuse_nothing(text: str, where: str) -> Solution:
    line = max(1, len(text.splitlines()))
    says = f"{where}:{line}: the file ends without a public function or class for a suite to call."
    raise UsageError(says, "Define what a learner is to write at the top level of the file.")
