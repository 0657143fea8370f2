"""What all tests share: a clean environment, a small course, a terminal and a judge that obeys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ml_katas import catalog
from ml_katas.__main__ import main
from ml_katas.kata import Kata
from ml_katas.report import CheckResult, Diagnosis, Failure, Isolation, Report, Status

COURSE = Path(__file__).parent / "course"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of the person who runs the tests out of them."""
    for name in ("MLKATA_PATH", "MLKATA_WORKSPACE", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


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
    monkeypatch.setattr(catalog, "bundled", lambda name: course if name == "katas" else None)
    return Terminal(folder, course)


@dataclass
class ObedientJudge:
    """Gives the verdicts it was told to give, the last one for ever, and remembers what it was asked."""

    verdicts: list[Status] = field(default_factory=lambda: [Status.PASSED])
    asked: list[tuple[str, bytes, str, str]] = field(default_factory=list)

    def __call__(self, kata: Kata, source: bytes, *, file_name: str, seed: str = "", **_: Any) -> Report:
        self.asked.append((kata.slug, source, file_name, seed))
        status = self.verdicts.pop(0) if len(self.verdicts) > 1 else self.verdicts[0]
        return report_of(kata, status, seed or "7f3a")

    @contextmanager
    def judging(self) -> Iterator[ObedientJudge]:
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
    wrong = None if status is Status.PASSED else Failure("assertion", "double(1) is 1, not 2")
    checks = tuple(
        CheckResult(check.name, check.sentence, rest if n else status, 1.0, None if n else wrong)
        for n, check in enumerate(kata.suite.checks)
    )
    first = kata.suite.checks[0].name
    diagnosis = Diagnosis("squares", first, "This squares the number.") if wrong else None
    return Report(kata.slug, status, seed, 12.0, Isolation("strong"), checks, diagnosis=diagnosis)
