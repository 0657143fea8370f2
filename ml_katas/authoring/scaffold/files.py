"""The files of a new kata as text: what its solution says, and TODO where an author is needed."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any

from ...course.sources import bundled
from ...support.records import record
from .signatures import Class, Function, Solution, bare_call
from .starter import starter_code

if TYPE_CHECKING:
    from jinja2 import Environment


@record(kw_only=True)
class Wanted:
    """What is known of a new kata beside its solution."""

    slug: str
    title: str
    difficulty: str
    minutes: int
    tags: tuple[str, ...]
    requires: tuple[str, ...] = ()


def example_solution(name: str) -> str:
    """Return a tiny solution that works, with one function called *name*, to be replaced."""
    return _environment().get_template("solution.j2").render(name=name)


def skeleton(wanted: Wanted, solution: Solution) -> dict[str, str]:
    """Return the files of a new kata, by their paths in its folder."""
    environment, facts = _environment(), _facts(wanted, solution)
    templates = {
        "kata.toml": "facts.j2",
        "README.md": "brief.j2",
        "starter.py.j2": "starter.j2",
        "suite.py": "suite.j2",
        "variants/another_way.py": "variant.j2",
        "mistakes.md": "mistakes.j2",
        "hints.md": "hints.j2",
        "cards.md": "cards.j2",
    }
    made = {path: environment.get_template(name).render(facts) for path, name in templates.items()}
    return {"solution.py": solution.text} | {path: _tidy(text) for path, text in made.items()}


def _facts(wanted: Wanted, solution: Solution) -> dict[str, Any]:
    """Return what the templates may say: nothing that is not known."""
    return {
        "slug": wanted.slug,
        "title": wanted.title,
        "difficulty": wanted.difficulty,
        "minutes": wanted.minutes,
        "tags": wanted.tags,
        "requires": wanted.requires,
        "names": solution.names,
        "calls": [_described(one) for one in solution.entry_points],
        "starter_code": starter_code(solution),
        "code": _code_of(solution),
    }


def _code_of(solution: Solution) -> str:
    """Return the text of a solution from below its docstring on."""
    first = solution.tree.body[0]
    has_docstring = ast.get_docstring(solution.tree) is not None
    return "\n".join(solution.text.split("\n")[first.end_lineno if has_docstring else 0 :]).strip("\n")


def _described(one: Function | Class) -> dict[str, Any]:
    """Return an entry point as the brief describes it."""
    if isinstance(one, Function):
        return {"text": bare_call(one), "rows": one.parameters}
    made = bare_call(one.constructor).replace("__init__", one.name, 1) if one.constructor else f"{one.name}()"
    asked = [bare_call(method) for method in one.methods]
    instance = "layer" if one.is_module else "object"
    called = [bare_call(one.call).replace(one.call.name, instance, 1)] if one.call else []
    parameters = one.constructor.parameters if one.constructor else ()
    return {"text": made, "rows": [*parameters, *called, *asked]}


def _tidy(text: str) -> str:
    """Return *text* with one line break at its end and never more than two blank lines."""
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n") + "\n"


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = bundled("templates")
    assert templates, "ml_katas is installed without its templates"
    environment = Environment(
        loader=FileSystemLoader(templates / "kata"),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters["toml"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment
