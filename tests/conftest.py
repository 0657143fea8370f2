"""What all tests share: a clean environment and a small course to practise on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ml_katas.kata import Kata

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
