"""What commands import: the start of a command is time that a learner waits for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.waiting import PATIENCE

pytestmark = pytest.mark.usefixtures("warm")

_TELL = """
import sys, json, os
leave = os._exit
def told(code):
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
    sys.stderr.flush()
    leave(code)
os._exit = told
from ml_katas.__main__ import main
main()
"""
HEAVY = {
    "torch", "numpy", "pytest", "rich", "jinja2", "pygments", "pylatexenc", "watchfiles", "platformdirs",
    "tomlkit", "subprocess", "tempfile", "asyncio", "tomllib", "ast", "sqlite3", "difflib",
    "importlib.metadata",
}  # fmt: skip


def modules(folder: Path, *words: str, **variables: str) -> set[str]:
    """Return the modules that a command has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", _TELL, *words],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def clicks() -> set[str]:
    """Return the modules that `import click` imports."""
    code = "import click, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("words", [["--version"], ["--help"]], ids=str)
def test_version_and_help_import_little(tmp_path: Path, words: list[str]) -> None:
    """`--version` and `--help` import the table of commands, and no command."""
    found = modules(tmp_path, *words) - clicks()
    assert not found & HEAVY
    ours = {name for name in found if name.startswith("ml_katas")}
    assert ours <= {
        "ml_katas", "ml_katas.__main__", "ml_katas.cli", "ml_katas.cli.main", "ml_katas.cli.commands",
        "ml_katas.cli.help", "ml_katas.cli.screen", "ml_katas.errors", "ml_katas.support",
        "ml_katas.support.records", "ml_katas.support.sanitize", "ml_katas.support.spelling",
    }  # fmt: skip
    assert len(found) <= 32


def test_completion_imports_no_command(tmp_path: Path) -> None:
    """Completing the name of a command imports no more than `--help` does, apart from click's own part."""
    found = (
        modules(tmp_path, COMP_WORDS="mlkata ch", COMP_CWORD="1", _MLKATA_COMPLETE="bash_complete") - clicks()
    )
    assert not found & HEAVY
    assert not {name for name in found if name.startswith("ml_katas.cli.")} - {
        "ml_katas.cli.main", "ml_katas.cli.commands", "ml_katas.cli.screen"
    }  # fmt: skip


def test_the_help_of_a_group_imports_no_command(tmp_path: Path) -> None:
    """`mlkata author --help` imports the table of its commands, and none of them."""
    found = modules(tmp_path, "author", "--help") - clicks()
    assert not found & HEAVY
    assert {name for name in found if name.startswith("ml_katas.cli.author.")} == set()


def test_a_list_that_is_known_reads_no_toml(tmp_path: Path, course: Path) -> None:
    """`list --json` reads a kata's TOML once; from then on it imports neither a TOML reader nor rich."""
    first = modules(tmp_path, "list", "--json", "--katas", str(course))
    second = modules(tmp_path, "list", "--json", "--katas", str(course)) - clicks()
    assert "tomllib" in first
    assert not second & HEAVY
    assert "ml_katas.course.kata" not in second
    assert len(second) <= 45


def test_a_kata_that_changed_is_read_again(tmp_path: Path, course: Path) -> None:
    """A new title is listed at once, and a broken index is made anew."""
    facts = course / "tiny-double" / "kata.toml"
    modules(tmp_path, "list", "--json", "--katas", str(course))
    facts.write_text(facts.read_text().replace("Double a number", "Twice a number"))
    assert "Twice a number" in listed(tmp_path, course)
    for index in (tmp_path / "home" / "cache").glob("*.json"):
        index.write_text("[1, 2")
    assert "Twice a number" in listed(tmp_path, course)


def test_a_review_imports_what_it_shows(tmp_path: Path, course: Path) -> None:
    """Up to its first question a review needs no YAML, no FSRS and no Markdown of whole pages."""
    (tmp_path / "decks").mkdir()
    card = "## What is $x^2$?\n\n<!-- card: one -->\n\n$x \\cdot x$\n"
    (tmp_path / "decks" / "mine.md").write_text(f"---\ntitle: Mine\n---\n\n{card}")
    words = ("review", "--katas", str(course))
    first = modules(tmp_path, *words, MLKATA_WORKSPACE=str(tmp_path))
    second = modules(tmp_path, *words, MLKATA_WORKSPACE=str(tmp_path))
    assert "yaml" in first
    assert {"sqlite3", "rich.console", "pylatexenc"} <= second
    assert not second & {"yaml", "fsrs", "rich.markdown", "torch", "numpy", "pygments", "jinja2"}


def listed(folder: Path, course: Path) -> str:
    """Return what `list --json` prints."""
    command = [sys.executable, "-m", "ml_katas", "list", "--json", "--katas", str(course)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_a_check_imports_no_more_of_rich_than_it_draws(tmp_path: Path, course: Path) -> None:
    """The modules that draw briefs and solutions stay out of a check."""
    (tmp_path / "right.py").write_text("def double(x):\n    return 2 * x\n")
    found = modules(tmp_path, "check", "tiny-double", "--file", "right.py", MLKATA_PATH=str(course))
    assert "ml_katas.render.report" in found
    assert not found & {"torch", "numpy", "pytest", "pygments", "rich.markdown", "ml_katas.render.brief"}
