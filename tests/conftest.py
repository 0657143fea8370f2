"""What all tests share: a clean environment, a small course, a terminal and a judge that obeys."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent, indent
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ml_katas.__main__ import main
from ml_katas.config import ABOUT
from ml_katas.course.kata import Kata
from ml_katas.judging import server
from ml_katas.judging.cancel import Cancel
from ml_katas.judging.client import Caller
from ml_katas.judging.launch import OneCommand
from ml_katas.judging.protocol import Judge, OnEvent, Request, Started, request
from ml_katas.report import (
    CheckResult,
    Diagnosis,
    Failure,
    FailureKind,
    Isolation,
    IsolationLevel,
    Report,
    Status,
)
from ml_katas.support.records import replace

COURSE = Path(__file__).parent / "fixtures" / "course"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the settings of the person who runs the tests out of them."""
    settings = ("MLKATA_WORKSPACE", *(variable for variable, _ in ABOUT.values()))
    others = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "VISUAL", "EDITOR", "TERM_PROGRAM")
    for name in (*settings, *others):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLKATA_COLD", "1")
    monkeypatch.setenv("MLKATA_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def _server_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("run")
    folder.chmod(0o700)
    yield folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        server.stop()


@pytest.fixture
def warm(_server_of_the_session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commands judge by a resident server, one for all tests that ask for it."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(_server_of_the_session))
    monkeypatch.delenv("MLKATA_COLD")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return a copy of the fixture course that a test may break."""
    copy = tmp_path / "course"
    shutil.copytree(COURSE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def kata(course: Path) -> Kata:
    """Return the kata `tiny-double` of the fixture course."""
    return Kata.load(course / "tiny-double")


class Terminal:
    """Runs the command line as a shell would, in a folder of its own over the fixture course."""

    def __init__(self, folder: Path, course: Path) -> None:
        self.folder = folder
        self.course = course
        self.name = "mlkata"

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(self, list(arguments))  # type: ignore[arg-type]

    def main(self, args: list[str], **_: Any) -> None:
        main(args)


@pytest.fixture
def terminal(tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a terminal in an empty folder; the fixture course is the bundled one."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr("ml_katas.course.sources.bundled_course", lambda: course)
    return Terminal(folder, course)


@dataclass
class ObedientJudge:
    """Gives the verdicts it was told to give, the last one for ever, and remembers what it was asked."""

    verdicts: list[Status] = field(default_factory=lambda: [Status.PASSED])
    asked: list[tuple[str, bytes, str, str]] = field(default_factory=list)

    def __call__(
        self, request: Request, *, on_event: OnEvent | None = None, cancel: Cancel | None = None
    ) -> Report:
        kata = Kata.load(Path(request.kata))
        self.asked.append((kata.slug, request.source, request.file_name, request.seed))
        if on_event is not None:
            on_event(Started(kata.suite.names, Isolation(IsolationLevel.STRONG)))
        status = self.verdicts.pop(0) if len(self.verdicts) > 1 else self.verdicts[0]
        return report_of(kata, status, request.seed or "7f3a")

    @contextmanager
    def judging(self, **_: Any) -> Iterator[ObedientJudge]:
        yield self


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> ObedientJudge:
    """Return a judge that takes the place of the engine at the one seam."""
    fake = ObedientJudge()
    monkeypatch.setattr("ml_katas.judging.client.judging", fake.judging)
    return fake


def report_of(kata: Kata, status: Status, seed: str) -> Report:
    """Return a report whose first check has *status*; the others wait for it unless it passed."""
    rest = Status.PASSED if status is Status.PASSED else Status.NOT_RUN
    wrong = (
        None
        if status is Status.PASSED
        else Failure(kind=FailureKind.ASSERTION, message="double(1) is 1, not 2")
    )
    checks = tuple(
        CheckResult(
            name=check.name,
            sentence=check.sentence,
            status=rest if n else status,
            ms=1.0,
            failure=None if n else wrong,
        )
        for n, check in enumerate(kata.suite.checks)
    )
    first = kata.suite.checks[0].name
    diagnosis = Diagnosis("squares", first, "This squares the number.") if wrong else None
    return Report(
        kata=kata.slug,
        status=status,
        seed=seed,
        ms=12.0,
        isolation=Isolation(IsolationLevel.STRONG),
        checks=checks,
        diagnosis=diagnosis,
    )


PREAMBLE = """
import math
from collections import Counter, OrderedDict, defaultdict
from copy import deepcopy
from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn
from ml_katas.testing import *
"""


class Engine:
    """Judges submissions by suites that are given as text, with the real engine."""

    def __init__(self, judge: Judge, folder: Path) -> None:
        self._judge = judge
        self._folder = folder

    def make_kata(
        self,
        suite: str,
        *,
        entry_points: tuple[str, ...],
        limits: dict[str, float] | None = None,
        files: dict[str, str] | None = None,
    ) -> Kata:
        """Return a whole kata with this suite, in a folder of its own."""
        folder = self._folder / f"kata-{len(list(self._folder.iterdir()))}"
        shutil.copytree(
            COURSE / "tiny-double", folder, ignore=shutil.ignore_patterns("mistakes.md", "variants")
        )
        facts = (folder / "kata.toml").read_text(encoding="utf-8")
        facts = facts.replace('["double"]', str(list(entry_points)).replace("'", '"'))
        facts += "[limits]\n" + "".join(f"{name} = {value}\n" for name, value in (limits or {}).items())
        for name, text in {"kata.toml": facts, "suite.py": suite, **(files or {})}.items():
            (folder / name).write_text(text, encoding="utf-8")
        return Kata.load(folder)

    def judge(
        self,
        suite: str,
        submission: str | bytes,
        *,
        entry_points: tuple[str, ...] = (),
        seed: str = "",
        **how: Any,
    ) -> Report:
        """Return the report on *submission*; by default a suite imports all that it defines."""
        source = submission if isinstance(submission, bytes) else dedent(submission).encode()
        names = entry_points or _defined(source)
        text = f"{PREAMBLE}from submission import {', '.join(names)}\n\n{dedent(suite)}"
        kata = self.make_kata(text, entry_points=names, **how)
        return self.judge_kata(kata, source, seed=seed)

    def judge_kata(self, kata: Kata, source: bytes, *, seed: str = "") -> Report:
        """Return the report on *source* by the suite of *kata*, without a diagnosis."""
        return self.report(replace(request(kata, source, file_name="answer.py", seed=seed), diagnose=False))

    def report(self, asked: Request) -> Report:
        """Return the report that a request gets."""
        report = self._judge(asked)
        print(report.status, report.message, *report.checks, sep="\n")  # shown where a test fails
        return report

    def check(self, body: str, submission: str | bytes, **how: Any) -> tuple[Status, str]:
        """Return status and message of one check with this body, whose assertions say what they assert."""
        suite = (
            f'def test_promise():\n    """It keeps its promise."""\n{indent(_telling(dedent(body)), "    ")}'
        )
        report = self.judge(suite, submission, **how)
        failure = report.checks[0].failure
        return report.status, failure.message if failure else report.message


def _telling(body: str) -> str:
    tree = ast.parse(body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.msg is None:
            node.msg = ast.Constant(ast.unparse(node.test))
    return ast.unparse(tree)


def _defined(source: bytes) -> tuple[str, ...]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    return tuple(node.name for node in ast.parse(source).body if isinstance(node, kinds))


@pytest.fixture(scope="session")
def _judge_of_the_session() -> Iterator[Judge]:
    with OneCommand() as line:  # not `judging()`, which would lend itself to tests of other ways to judge
        yield Caller(line)


@pytest.fixture
def engine(_judge_of_the_session: Judge, tmp_path: Path) -> Engine:
    """Return the engine; its parent starts once for all tests."""
    return Engine(_judge_of_the_session, tmp_path)


class Nobody:
    """A user who may do little, for tests that run as root; `folder` is a place that anyone can reach."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def __call__(self) -> Iterator[None]:
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield
        finally:
            if is_root:
                os.seteuid(0)


@pytest.fixture
def nobody() -> Iterator[Nobody]:
    """Return what makes a block run without root's rights."""
    with TemporaryDirectory(prefix="mlkata-test-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield Nobody(folder)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o777)
