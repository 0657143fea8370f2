"""How long the command line takes to begin, beside the imports that it cannot do without."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ml_katas.course.sources import bundled

from .timing import MLKATA, PYTHON, command, interleaved, table

KATAS = 206


def measure(rounds: int) -> None:
    """Print `--version`, `--help` and `list --json` beside their floors."""
    with tempfile.TemporaryDirectory() as folder:
        course = course_of_many(Path(folder))
        runs = {
            "python -c pass": command(PYTHON, "-c", "pass"),
            "import click": command(PYTHON, "-c", "import click"),
            "mlkata --version": command(*MLKATA, "--version"),
            "mlkata --help": command(*MLKATA, "--help"),
            "import click, sqlite3, json": command(PYTHON, "-c", "import click, sqlite3, json"),
            f"mlkata list --json, {KATAS} katas": command(
                *MLKATA, "list", "--json", "--katas", str(course), cwd=Path(folder)
            ),
        }
        medians = interleaved(runs, rounds)
    rows = [(name, value, "ms") for name, value in medians.items()]
    budget = {"mlkata --version": "1.60 ×", "mlkata --help": "1.60 ×"}
    table("Start-up", rows[:4], "import click", budget)
    table("Catalogue", rows[4:], "import click, sqlite3, json", {rows[5][0]: "1.60 ×"})


def course_of_many(folder: Path) -> Path:
    """Return a course of many katas, made of one."""
    katas = bundled("katas")
    assert katas is not None
    course = folder / "course"
    course.mkdir()
    for number in range(KATAS):
        shutil.copytree(katas / "moe-topk", course / f"kata-{number:03}")
    return course
