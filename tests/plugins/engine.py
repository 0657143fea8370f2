"""The real engine, started once for all tests: as a judge, and as a resident server."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from ml_katas.course.kata import Kata
from ml_katas.judging import server
from ml_katas.judging.client import Caller, LastResort
from ml_katas.judging.launch import OneCommand
from ml_katas.judging.protocol import Judge, Request, request
from ml_katas.report import Report, Status
from ml_katas.support.records import replace

from .course import COURSE


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
            f'def test_promise():\n    """It keeps its promise."""\n{indent(telling(dedent(body)), "    ")}'
        )
        report = self.judge(suite, submission, **how)
        failure = report.checks[0].failure
        return report.status, failure.message if failure else report.message


def telling(body: str) -> str:
    """Return code whose assertions say what they assert."""
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
    # Not `judging()`, which would lend itself to tests of other ways to judge.
    with OneCommand() as line, LastResort() as last_resort:
        yield Caller(line, last_resort)


@pytest.fixture
def engine(_judge_of_the_session: Judge, tmp_path: Path) -> Engine:
    """Return the engine; its parent starts once for all tests."""
    return Engine(_judge_of_the_session, tmp_path)
