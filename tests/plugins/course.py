"""A small course, and a terminal over it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ml_katas.__main__ import main
from ml_katas.course.kata import Kata

COURSE = Path(__file__).parents[1] / "fixtures" / "course"


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

    def __call__(self, *arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(self, list(arguments), input=typed)  # type: ignore[arg-type]

    def main(self, args: list[str], **_: Any) -> None:
        main(args)


@pytest.fixture
def terminal(tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a terminal in an empty folder; the fixture course is the bundled one."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr("ml_katas.course.sources.bundled_course", lambda: course)
    monkeypatch.setattr("ml_katas.course.catalog.bundled_decks", lambda: None)
    return Terminal(folder, course)
