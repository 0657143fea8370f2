"""LaTeX cut into characters, commands, groups and environments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pylatexenc import latexwalker, macrospec  # type: ignore[import-untyped]

from ..support.records import record


@record
class Space:
    """White space, which LaTeX ignores and a reader may like."""

    source: str = " "


@record
class Char:
    """One character; digits that form a number stay together."""

    source: str


@record
class Command:
    """A backslash and a name."""

    name: str
    source: str


@record
class Group:
    """What stands between braces."""

    items: tuple[Item, ...]
    source: str


@record
class Environment:
    """What stands between begin and end."""

    name: str
    items: tuple[Item, ...]
    source: str


Item = Space | Char | Command | Group | Environment

_LONE_PERCENT = re.compile(r"(?<!\\)%")  # a comment would swallow the rest of the formula
_PIECE = re.compile(r"\s+|\d+(?:\.\d+)?|.", re.DOTALL)


def parse(latex: str) -> tuple[Item, ...]:
    """Return the items of *latex*, or raise ValueError where its braces or environments do not match."""
    walker = latexwalker.LatexWalker(
        _LONE_PERCENT.sub(r"\\%", latex), latex_context=_bare_context(), tolerant_parsing=False
    )
    try:
        nodes, _, _ = walker.get_latex_nodes()
        return tuple(_items(nodes))
    except (latexwalker.LatexWalkerError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _bare_context() -> Any:
    """Return a context without commands: how many arguments one takes is decided by who draws it."""
    context = macrospec.LatexContextDb()
    context.set_unknown_macro_spec(macrospec.MacroSpec(""))
    context.set_unknown_environment_spec(macrospec.EnvironmentSpec(""))
    return context


def _items(nodes: list[Any]) -> Iterator[Item]:
    for node in nodes:
        yield from _item(node)


def _item(node: Any) -> Iterator[Item]:
    source = node.latex_verbatim()
    match type(node).__name__:
        case "LatexMacroNode":
            yield Command(node.macroname, "\\" + node.macroname)
            yield from [Space()] * bool(node.macro_post_space)
        case "LatexGroupNode":
            yield Group(tuple(_items(node.nodelist)), source)
        case "LatexMathNode":
            yield from _items(node.nodelist)
        case "LatexEnvironmentNode":
            yield Environment(node.environmentname, tuple(_items(node.nodelist)), source)
        case _:
            for piece in _PIECE.findall(source):
                yield Space() if piece.isspace() else Char(piece)
