"""Rules for the starter, as learners get it: with its guidance and bare."""

from __future__ import annotations

import ast
import contextlib
import copy
from collections.abc import Callable, Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...course.starters import render_starter
from ...support.toml import read_text
from ..findings import Finding, line_of

_KINDS = ("staticmethod", "classmethod", "property")
_Definition = ast.FunctionDef | ast.AsyncFunctionDef
Problems = Iterator[tuple[str, str]]


def starter_takes_the_same_arguments(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """What the starter defines takes the arguments that the solution takes.

    The suite calls a submission as it calls the solution; a learner who keeps to the starter must not fail
    for another name or default.

    Copy the signature from solution.py into starter.py.j2, for methods too; types may differ.
    """
    names = kata.facts.entry_points
    wanted = _functions(kata.solution_tree, names)

    def problems(starter: ast.Module) -> Problems:
        offered = _functions(starter, names)
        for name, function in wanted.items():
            right = f"{name}{_signature(function)}"
            if name not in offered:
                yield name, f"lacks {right}; learners must begin with all that the suite calls: add it"
            elif (now := f"{name}{_signature(offered[name])}") != right:
                yield name, f"has {now}; learners must begin with what the suite calls: {right}"

    yield from _findings(kata, problems)


def starter_leaves_the_rest_to_write(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Each function raises NotImplementedError, unless it is there as the solution has it.

    A function that looks finished and is wrong is a trap. One that raises NotImplementedError is reported as
    unfinished, not as a mistake.

    End each function that is to be written with `raise NotImplementedError`; a function that is given must be
    the solution's, word for word.
    """
    names = kata.facts.entry_points
    wanted = _functions(kata.solution_tree, names)

    def problems(starter: ast.Module) -> Problems:
        for name, function in _functions(starter, names).items():
            is_given = name in wanted and _body(function) == _body(wanted[name])
            if name in wanted and not is_given and not _is_unfinished(function):
                yield name, f"has a {name} that looks finished; end it with `raise NotImplementedError`"

    yield from _findings(kata, problems)


def _findings(kata: Kata, problems: Callable[[ast.Module], Problems]) -> Iterator[Finding]:
    """Yield each problem of the starter once, with its line in the template."""
    template = read_text(kata.starter_template)
    seen: set[tuple[str, str]] = set()
    for which, starter in _starters(kata):
        for name, problem in problems(starter):
            if (name, problem) not in seen:
                patterns = [rf"^[ \t]*(async )?(def|class) {part}\b" for part in name.split(".")]
                yield Finding(
                    path=kata.starter_template,
                    problem=f"{which} {problem}",
                    line=line_of(template, *patterns),
                )
            seen.add((name, problem))


def _starters(kata: Kata) -> Iterator[tuple[str, ast.Module]]:
    """Yield both starters; one that does not compile is reported when it is judged."""
    for which, bare in (("the starter", False), ("the bare starter", True)):
        with contextlib.suppress(SyntaxError):
            yield which, ast.parse(render_starter(kata, bare=bare))


def _functions(tree: ast.Module, names: tuple[str, ...]) -> dict[str, _Definition]:
    """Return the functions called *names*, and for a class so called the methods that are not private."""
    found: dict[str, _Definition] = {}
    for node in tree.body:
        if isinstance(node, _Definition) and node.name in names:
            found[node.name] = node
        elif isinstance(node, ast.ClassDef) and node.name in names:
            methods = [part for part in node.body if isinstance(part, _Definition)]
            found |= {f"{node.name}.{m.name}": m for m in methods if not _is_private(m.name)}
    return found


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _signature(function: _Definition) -> str:
    """Return the arguments of *function* without their types: `(self, x, *, dim=-1)`."""
    arguments = copy.deepcopy(function.args)
    for argument in ast.walk(arguments):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    kinds = "".join(f" as a {kind}" for kind in _KINDS if kind in decorators)
    return f"({ast.unparse(arguments)}){kinds}"


def _body(function: _Definition) -> list[str]:
    """Return the statements of *function* without its docstring."""
    return [ast.dump(part) for part in function.body[ast.get_docstring(function) is not None :]]


def _is_unfinished(function: _Definition) -> bool:
    raised = [node.exc for node in ast.walk(function) if isinstance(node, ast.Raise) and node.exc]
    return any(ast.unparse(error).startswith("NotImplementedError") for error in raised)
