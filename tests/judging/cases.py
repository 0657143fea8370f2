"""Cases: folders with a suite and the submission that it is for, judged once, each check a promise.

A check of a case passes, unless a comment below its docstring says how else it ends and in which words:

    # expect: failed: your code made containers nested more than 40 deep

The message may go on in further lines of the comment; with `…` at its end it is the beginning of one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from pathlib import Path

from ml_katas.report import CheckResult, Status

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Expectation:
    """How a check is to end."""

    status: Status = Status.PASSED
    message: str = ""

    def fits(self, result: CheckResult) -> bool:
        """Return whether a check ended like this."""
        message = result.failure.message if result.failure else ""
        if self.message.endswith("…"):
            return result.status is self.status and message.startswith(self.message[:-1])
        return (result.status, message) == (self.status, self.message)

    @classmethod
    def read(cls, lines: list[str]) -> Expectation:
        """Return what the lines of a check say of its end."""
        expected = dropwhile(lambda line: not line.startswith("# expect: "), map(str.strip, lines))
        text = " ".join(line[2:] for line in takewhile(lambda line: line.startswith("# "), expected))
        if not text:
            return cls()
        status, _, message = text.removeprefix("expect: ").partition(": ")
        return cls(Status(status), message)


@dataclass(frozen=True)
class Case:
    """A folder that holds `suite.py` and `submission.py`."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.relative_to(HERE).as_posix()

    @property
    def suite(self) -> str:
        return (self.folder / "suite.py").read_text(encoding="utf-8")

    @property
    def submission(self) -> bytes:
        return (self.folder / "submission.py").read_bytes()

    @property
    def entry_points(self) -> tuple[str, ...]:
        """What the suite imports from the submission."""
        imports = (node for node in ast.parse(self.suite).body if isinstance(node, ast.ImportFrom))
        return tuple(alias.name for node in imports if node.module == "submission" for alias in node.names)

    def expectations(self) -> Iterator[tuple[str, Expectation]]:
        """Yield the name of each check and how it is to end."""
        nodes, lines = ast.parse(self.suite).body, self.suite.splitlines()
        for node, following in zip(nodes, [*nodes[1:], None], strict=True):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                end = following.lineno if following else None  # a comment at the end is no part of the tree
                yield node.name, Expectation.read(lines[node.lineno : end])


def cases() -> list[Case]:
    """Return the cases below this folder."""
    return [Case(path.parent) for path in sorted(HERE.rglob("suite.py"))]
