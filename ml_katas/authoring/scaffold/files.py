"""The files of a new kata as text: what its solution tells, and TODO where an author is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...course.sources import bundled
from ...support.records import record
from ..difference import fence
from . import arguments, behaviour, derived
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


def snake_case(name: str) -> str:
    """Return the name of a class as that of a function: `LoRALinear` is `lora_linear`."""
    parted = re.sub(r"([a-z0-9])([A-Z][a-z])|([A-Z]{2,}?)([A-Z][a-z])", _parted, name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1\2", parted).lower().strip("_")


def _parted(match: re.Match[str]) -> str:
    return f"{match[1] or match[3]}_{match[2] or match[4]}"


def _facts(wanted: Wanted, solution: Solution) -> dict[str, Any]:
    is_random = behaviour.draws(solution)
    entries = [_entry(one, is_random) for one in solution.entry_points]
    uses = _uses(entries, is_random)
    return {
        "slug": wanted.slug,
        "title": wanted.title,
        "difficulty": wanted.difficulty,
        "minutes": wanted.minutes,
        "tags": wanted.tags,
        "requires": wanted.requires,
        "names": solution.names,
        "is_random": is_random,
        "entries": entries,
        "uses": uses,
        "imported": sorted(_imported(entries, uses, is_random)),
        "calls": [_described(one) for one in solution.entry_points],
        "starter_code": starter_code(solution),
        "caught_by": f"test_{entries[0]['snake']}_is_its_definition",
        "code": derived.code_of(solution.text),
        "gives_results": derived.gives_results(solution),
        "fence": fence(solution.text, derived.without_results(solution)),
    }


def _entry(one: Function | Class, is_random: bool) -> dict[str, Any]:
    """Return what the suite's template asks of an entry point."""
    if isinstance(one, Class):
        return _class_entry(one)
    given = arguments.arguments(one)
    is_in_place = behaviour.changes_arguments(one)
    return {
        "kind": "function",
        "name": one.name,
        "snake": one.name,
        "is_in_place": is_in_place,
        "has_gradients": not (is_in_place or is_random) and arguments.take_gradients(given),
        "makers": [_maker(f"{one.name}_arguments", f"the arguments of {one.name}", given)],
    }


def _class_entry(one: Class) -> dict[str, Any]:
    snake = snake_case(one.name)
    methods = [_method(method, f".{method.name}") for method in one.methods]
    if one.call and not one.is_module:
        methods.append(_method(one.call, ""))
    made_of = arguments.arguments(one.constructor, of_constructor=True)
    makers = [_maker(f"{snake}_made_of", f"the arguments that make a {one.name}", made_of)]
    if one.is_module:
        given = arguments.arguments(one.call) if one.call else {"input": "torch.randn(rows, columns)"}
        makers.append(_maker(f"{snake}_arguments", f"the arguments of a call of a {one.name}", given))
    for method in methods:
        if method["arguments"]:
            name = f"{snake}_{method['name']}_arguments"
            makers.append(_maker(name, f"the arguments of {method['name']}", method["arguments"]))
    kind = "module" if one.is_module else "class"
    return {"kind": kind, "name": one.name, "snake": snake, "methods": methods, "makers": makers}


def _method(function: Function, dotted: str) -> dict[str, Any]:
    given = arguments.arguments(function)
    return {
        "name": function.name,
        "dotted": dotted,
        "arguments": given,
        "gives": bool(behaviour.results(function)),
        "is_pure": bool(given) and not behaviour.changes_arguments(function),
    }


def _maker(name: str, sentence: str, given: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "sentence": sentence, "arguments": given}


def _uses(entries: list[dict[str, Any]], is_random: bool) -> dict[str, bool]:
    """Return which helpers the checks of a suite need."""
    has_modules = any(one["kind"] == "module" for one in entries)
    return {
        "contents": any(one.get("is_in_place") for one in entries),
        "gradients": any(one.get("has_gradients") for one in entries) or (has_modules and not is_random),
    }


def _imported(entries: list[dict[str, Any]], uses: dict[str, bool], is_random: bool) -> Iterator[str]:
    """Yield what the checks of a suite need of `ml_katas.testing`."""
    calls = [one for one in entries if one["kind"] != "class"]
    pure = [one for one in calls if not one.get("is_in_place")]
    methods = [] if is_random else [method for one in entries for method in one.get("methods", ())]
    yield from ["distinct_sizes"] * bool(calls)
    yield from ["after"] * bool(pure)
    yield from ["unchanged"] * (bool(pure) or any(m["is_pure"] for m in methods))
    yield from ["rng_unchanged"] * bool(pure and not is_random)
    yield from ["assert_close"] * (uses["contents"] or not is_random)


def _described(one: Function | Class) -> dict[str, Any]:
    """Return an entry point as the brief tells of it."""
    if isinstance(one, Function):
        return {"text": bare_call(one), "rows": [parameter.name for parameter in one.parameters]}
    made = bare_call(one.constructor).replace("__init__", one.name, 1) if one.constructor else f"{one.name}()"
    asked = [bare_call(method) for method in one.methods]
    instance = "layer" if one.is_module else "object"
    called = [bare_call(one.call).replace(one.call.name, instance, 1)] if one.call else []
    parameters = [parameter.name for parameter in (one.constructor.parameters if one.constructor else ())]
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
