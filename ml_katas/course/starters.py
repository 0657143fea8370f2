"""Starters, rendered from a kata's Jinja template and the shared one it extends."""

from __future__ import annotations

import traceback
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InvalidKata
from .kata import Kata
from .sources import bundled

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment
    from jinja2.bccache import Bucket


def render_starter(kata: Kata, *, bare: bool = False) -> str:
    """Return the text that a learner begins *kata* with, or raise InvalidKata with the line.

    A starter says `{% extends "starter.py.j2" %}`; the name leads to the shared template. What guides
    the learner stands between `{% if not bare %}` and `{% endif %}`: a *bare* starter is the signature
    and the contract. A line that holds nothing but a tag leaves no line behind.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        template = _environment(kata).get_template("kata/starter.py.j2")
        return template.render(kata=_facts(kata), bare=bare).rstrip("\n") + "\n"
    except TemplateSyntaxError as error:
        path = Path(error.filename or kata.starter_template)
        raise InvalidKata(path, error.lineno, f"not a template: {error.message}") from None
    except UnicodeDecodeError as error:
        raise InvalidKata(kata.starter_template, None, f"must be UTF-8 text ({error.reason})") from None
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        path, line = _place(error, kata.starter_template)
        raise InvalidKata(path, line, f"cannot be rendered: {_sentence(error)}") from None


def _environment(kata: Kata) -> Environment:
    from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    shared = FileSystemLoader([folder for folder in [bundled("templates")] if folder])
    own = PrefixLoader({"kata": FileSystemLoader(kata.folder), "templates": shared})
    return SandboxedEnvironment(
        loader=ChoiceLoader([own, shared]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        bytecode_cache=_compiled(),
    )


@cache
def _compiled() -> BytecodeCache:
    """Return what keeps compiled templates in memory, by their text: all starters extend the same one."""
    from jinja2 import BytecodeCache

    class Compiled(BytecodeCache):
        def __init__(self) -> None:
            self._code: dict[str, bytes] = {}

        def load_bytecode(self, bucket: Bucket) -> None:
            if bucket.key in self._code:
                bucket.bytecode_from_string(self._code[bucket.key])

        def dump_bytecode(self, bucket: Bucket) -> None:
            self._code[bucket.key] = bucket.bytecode_to_string()

    return Compiled()


def _facts(kata: Kata) -> dict[str, Any]:
    facts = kata.facts
    return {
        "slug": kata.slug,
        "facts": facts,
        "title": facts.title,
        "difficulty": facts.difficulty.value,
        "minutes": facts.minutes,
        "tags": facts.tags,
        "references": facts.references,
        "entry_points": facts.entry_points,
        "file_name": kata.file_name,
    }


def _place(error: BaseException, default: Path) -> tuple[Path, int | None]:
    """Return the template and the line that raised *error*; Jinja's tracebacks speak of templates."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [(Path(f.filename), f.lineno) for f in frames if f.filename.endswith(".j2")]
    return lines[-1] if lines else (default, None)


def _sentence(error: BaseException) -> str:
    from jinja2 import TemplateNotFound

    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name!r}"
    return str(error)
