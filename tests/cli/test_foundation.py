"""Katas that are built from earlier work: the learner's own last passing versions are there to import."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Terminal

pytestmark = pytest.mark.usefixtures("warm")

SUITE = '''"""Four times a number is its double, doubled."""

from submission import quadruple


def test_four_times_three_is_twelve():
    """Four times 3 is 12."""
    assert quadruple(3) == 12
'''
SOLUTION = '''"""Four times a number: 2 (2x)."""

from tiny_double import double


def quadruple(x):
    return double(double(x))
'''
MISTAKES = """# Known mistakes

## doubled-once

<!-- caught by: test_four_times_three_is_twelve -->

The number is doubled once.

Double it again: twice two is four.

```diff
-    return double(double(x))
+    return double(x)
```
"""
STARTER = '''"""{{ kata.title }}"""

from tiny_double import double


def quadruple(x):
    raise NotImplementedError
'''


@pytest.fixture
def quadruple(course: Path) -> Path:
    """Add a kata to the fixture course that builds on `tiny-double`, and return its folder."""
    folder = course / "tiny-quadruple"
    shutil.copytree(course / "tiny-double", folder, ignore=shutil.ignore_patterns("variants", "__pycache__"))
    facts = (folder / "kata.toml").read_text(encoding="utf-8")
    facts = facts.replace('"Double a number"', '"Four times a number"').replace('["double"]', '["quadruple"]')
    facts = facts.replace("entry_points", 'builds_on = ["tiny-double"]\nentry_points')
    files = {"kata.toml": facts, "suite.py": SUITE, "solution.py": SOLUTION, "mistakes.md": MISTAKES}
    for name, text in {**files, "starter.py.j2": STARTER}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def write(terminal: Terminal, kata: str, body: str) -> None:
    (terminal.folder / f"{kata.replace('-', '_')}.py").write_text(body, encoding="utf-8")


def double(body: str) -> str:
    return f"def double(x):\n    return {body}\n"


def checked(terminal: Terminal, *arguments: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(terminal("check", *arguments, "--json").stdout)
    return report


def test_without_a_pass_it_says_what_is_missing(terminal: Terminal, quadruple: Path) -> None:
    """Where earlier work is missing, a sentence names it and two ways on; nothing is judged or recorded."""
    terminal("start", "tiny-quadruple")
    done = terminal("check", "tiny-quadruple")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "mlkata: tiny-quadruple is built from your own work, and you have not passed tiny-double yet.",
        "  `mlkata start tiny-double` begins there; `--with-solutions` takes ours for what is missing.",
    ]
    assert json.loads(terminal("history", "tiny-quadruple", "--json").stdout)["versions"] == []


def test_the_last_passing_version_is_imported(terminal: Terminal, quadruple: Path) -> None:
    """What counts is the version that passed last, not what the file holds now; the report names it."""
    terminal("start", "tiny-double")
    for body in ("2 * x", "x + x", "x"):
        write(terminal, "tiny-double", double(body))
        terminal("check", "tiny-double")
    terminal("start", "tiny-quadruple")
    write(terminal, "tiny-quadruple", SOLUTION)
    report = checked(terminal, "tiny-quadruple")
    assert (report["status"], report["builds_on"]) == ("passed", [{"kata": "tiny-double", "version": 2}])
    assert "Built on your tiny-double (version 2)" in terminal("check", "tiny-quadruple").stdout.splitlines()


def test_solutions_stand_in_for_what_is_missing(terminal: Terminal, quadruple: Path) -> None:
    """`--with-solutions` takes the solutions of katas that were not passed, and the report says of which."""
    terminal("start", "tiny-quadruple")
    write(terminal, "tiny-quadruple", SOLUTION)
    report = checked(terminal, "tiny-quadruple", "--with-solutions")
    assert (report["status"], report["builds_on"]) == ("passed", [{"kata": "tiny-double", "version": None}])
    done = terminal("check", "tiny-quadruple", "--with-solutions")
    assert "Built on our solution of tiny-double" in done.stdout.splitlines()
    assert "def double" not in done.stdout


def test_the_mistake_is_named_on_the_learners_own_work(terminal: Terminal, quadruple: Path) -> None:
    """A mistake is recognised where it stands on the learner's own earlier work."""
    terminal("start", "tiny-double")
    write(terminal, "tiny-double", double("x + x"))
    terminal("check", "tiny-double")
    terminal("start", "tiny-quadruple")
    write(terminal, "tiny-quadruple", SOLUTION.replace("double(double(x))", "double(x)"))
    report = checked(terminal, "tiny-quadruple")
    assert (report["status"], report["diagnosis"]["mistake"]) == ("failed", "doubled-once")


def test_earlier_work_that_cannot_be_imported_is_named(terminal: Terminal, quadruple: Path) -> None:
    """Earlier work that fails when it is imported is named as the reason."""
    terminal("start", "tiny-double")
    write(terminal, "tiny-double", "print(__file__)\n" + double("2 * x"))  # which only a submission has
    terminal("check", "tiny-double")
    terminal("start", "tiny-quadruple")
    write(terminal, "tiny-quadruple", SOLUTION)
    report = checked(terminal, "tiny-quadruple")
    assert report["status"] == "invalid"
    says = "Your earlier work tiny_double cannot be imported: NameError: name '__file__' is not defined"
    assert report["message"].startswith(says)


def test_a_kata_on_a_foundation_is_proven(terminal: Terminal, quadruple: Path) -> None:
    """`author check` proves it on the solutions below, and again when one of those changes."""
    found = json.loads(terminal("author", "check", "tiny-quadruple", "--json").stdout)["katas"][0]
    assert not [finding for finding in found["findings"] if "must pass" in finding["problem"]]
    assert found["mistakes"] == {"caught": 1, "total": 1}
    below = quadruple.parent / "tiny-double" / "solution.py"
    below.write_text('"""Wrong."""\n\n\ndef double(x):\n    return 3 * x\n', encoding="utf-8")
    found = json.loads(terminal("author", "check", "tiny-quadruple", "--json").stdout)["katas"][0]
    assert [finding for finding in found["findings"] if finding["rule"] == "right-solutions-pass"]
