"""The whole loop in a workspace that vanishes: the starter, a wrong attempt, a right one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ..course.catalog import Catalog
from ..course.changes import without_notes
from ..course.kata import Kata
from ..course.mistakes import Mistake
from ..judging.protocol import Judge
from ..support.records import record
from ..support.toml import read_text
from .check import CheckOutcome, check_submission
from .start import start_kata
from .state import AppState
from .workspace import Workspace

FAMOUS_MISTAKE = "softmax-before-topk"


@record
class Step:
    """One step of the loop: what the learner does, the code they have then, what comes of it."""

    title: str
    command: str
    code: str
    checked: CheckOutcome

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
    mistake = _mistake(kata)
    if mistake:
        yield "A first attempt, with a mistake that many make", without_notes(mistake.source.decode())
    yield "The mistake fixed", read_text(kata.solution)


def _mistake(kata: Kata) -> Mistake | None:
    famous = [mistake for mistake in kata.mistakes if mistake.name == FAMOUS_MISTAKE]
    return next(iter(famous or kata.mistakes), None)
