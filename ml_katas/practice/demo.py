"""The whole loop in a workspace that vanishes: the starter, a wrong attempt, a right one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ..course.catalog import Catalog
from ..course.kata import Kata, Mutant
from ..judging.protocol import Judge
from ..support.records import record
from ..support.toml import read_text
from .check import Checked, check_submission
from .start import start_kata
from .state import AppState
from .workspace import Workspace

FAMOUS_MISTAKE = "softmax_before_topk"


@record
class Step:
    """One step of the loop: what the learner does, the code they have then, what comes of it."""

    title: str
    command: str
    code: str
    checked: Checked

    @property
    def snippet(self) -> str:
        """The code from its first function or class on."""
        kinds = (ast.FunctionDef, ast.ClassDef)
        first = next((node.lineno for node in ast.parse(self.code).body if isinstance(node, kinds)), 1)
        return "\n".join(self.code.splitlines()[first - 1 :])


def steps(catalog: Catalog, kata: Kata, judge: Judge) -> Iterator[Step]:
    """Yield the steps of the loop as they happen."""
    with TemporaryDirectory(prefix="mlkata-demo-") as folder:
        place = Path(folder)
        with AppState(catalog, Workspace.create(place), place) as state:
            path = start_kata(state, kata.slug).path
            for title, code in _attempts(kata, path):
                path.write_text(code, encoding="utf-8")
                checked = check_submission(state, kata.slug, judge=judge)
                yield Step(title, f"mlkata check {kata.slug}", code, checked)


def _attempts(kata: Kata, starter: Path) -> Iterator[tuple[str, str]]:
    yield "The starter, as `mlkata start` writes it", read_text(starter)
    mutant = _mistake(kata)
    if mutant:
        yield "A first attempt, with a mistake that many make", _without_notes(mutant)
    yield "The mistake mended", read_text(kata.solution)


def _mistake(kata: Kata) -> Mutant | None:
    famous = [mutant for mutant in kata.mutants if mutant.name == FAMOUS_MISTAKE]
    return next(iter(famous or kata.mutants), None)


def _without_notes(mutant: Mutant) -> str:
    """Return a mutant's code without what gives the mistake away: its docstring and CAUGHT_BY."""
    text = read_text(mutant.path)
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.Expr) or (isinstance(node, ast.Assign) and _is_caught_by(node)):
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines).strip() + "\n"


def _is_caught_by(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "CAUGHT_BY" for target in node.targets)
