"""`author mistake`: a wrong submission becomes an entry of mistakes.md, but for the words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.course.kata import Kata
from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import ObedientJudge, Terminal

pytestmark = pytest.mark.usefixtures("warm")

HALVES = '"""Double a number."""\n\n\ndef double(x):\n    # half of it\n    return x / 2  # !\n'
ENTRY = """\
## halves

<!-- caught by: test_double_of_one_is_two -->

TODO: what is misunderstood here, and what comes of it; learners read this first.

TODO: what to do instead, and where that stands (section, equation, documentation).

```diff
-    return 2 * x
+    return x / 2
```
"""


@pytest.fixture(autouse=True)
def suite_that_compares(course: Path) -> None:
    """Have the checks of `tiny-double` show what they expected and got."""
    path = course / "tiny-double" / "suite.py"
    text = path.read_text(encoding="utf-8").replace("import after", "import after, assert_close")
    for question, answer in ((1, 2), (-3, -6)):
        shown = f'assert_close(double({question}), {answer}, label="double")'
        text = text.replace(f"assert double({question}) == {answer}", shown)
    path.write_text(text, encoding="utf-8")


def write(terminal: Terminal, code: str, name: str = "halves.py") -> str:
    """Write a submission into the terminal's folder and return its name."""
    (terminal.folder / name).write_text(code, encoding="utf-8")
    return name


def page(terminal: Terminal) -> Path:
    return terminal.course / "tiny-double" / "mistakes.md"


def made(terminal: Terminal, *arguments: str) -> Any:
    """Return what `--json` says of a mistake that is made."""
    result = terminal("author", "mistake", "tiny-double", *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def refused(terminal: Terminal, *arguments: str) -> list[str]:
    """Return why no mistake is made; mistakes.md stays as it was."""
    before = page(terminal).read_bytes()
    result = terminal("author", "mistake", "tiny-double", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert page(terminal).read_bytes() == before
    return [line.strip().removeprefix("mlkata: ") for line in result.stderr.splitlines()]


def test_a_wrong_submission_becomes_an_entry(terminal: Terminal) -> None:
    """The entry holds the change and the checks; what stood there before stays byte for byte."""
    before = page(terminal).read_bytes()
    result = terminal("author", "mistake", "tiny-double", write(terminal, HALVES))
    assert (result.exit_code, result.stderr) == (0, "")
    assert page(terminal).read_bytes() == before + b"\n" + ENTRY.encode()
    assert result.stdout.splitlines() == [
        f"Wrote halves to {page(terminal)}:16, caught by test_double_of_one_is_two.",
        "",
        "  Say at both TODO what learners are to read, then:",
        "  mlkata author preview tiny-double --mistake halves",
    ]
    assert [mistake.name for mistake in Kata.load(terminal.course / "tiny-double").mistakes] == [
        "squares",
        "halves",
    ]


def test_json_holds_the_entry_and_where_it_stands(terminal: Terminal) -> None:
    """--json is one object with the name, the place, the checks, the text and what behaves the same."""
    assert made(terminal, write(terminal, HALVES)) == {
        "schema": "mlkata.author-mistake/1",
        "kata": "tiny-double",
        "name": "halves",
        "path": str(page(terminal)),
        "line": 16,
        "caught_by": ["test_double_of_one_is_two"],
        "alike": [],
        "entry": ENTRY,
        "written": True,
    }


def test_a_dry_run_writes_nothing(terminal: Terminal) -> None:
    """--dry-run shows the entry and where it would go."""
    before = page(terminal).read_bytes()
    result = terminal("author", "mistake", "tiny-double", write(terminal, HALVES), "--dry-run")
    lines = [line.removeprefix("  ") for line in result.stdout.splitlines()]
    assert lines == [f"This would go to {page(terminal)}:16:", "", *ENTRY.splitlines(), ""]
    assert page(terminal).read_bytes() == before
    assert made(terminal, "halves.py", "--dry-run")["written"] is False


def test_a_known_mistake_that_behaves_the_same_is_named(terminal: Terminal) -> None:
    """Where every check ends in the same way, the author learns which mistake is there already."""
    name = write(terminal, "def double(x):\n    return x**2\n", "power.py")
    result = terminal("author", "mistake", "tiny-double", name, "--dry-run")
    assert result.stdout.splitlines()[-1] == (
        "squares behaves the same on every check: no learner could tell one from the other."
    )
    assert made(terminal, name)["alike"] == ["squares"]
    assert made(terminal, write(terminal, HALVES))["alike"] == []


def test_where_little_of_the_solution_is_left_the_program_is_kept(terminal: Terminal) -> None:
    """A submission that goes another way is an entry with the whole program."""
    code = "def thrice(x):\n    return 3 * x\n\n\ndouble = thrice\n"
    entry = made(terminal, write(terminal, f'"""Title."""\n\n{code}', "thrice.py"))["entry"]
    assert entry.endswith(f"```python\n{code}```\n")


def test_the_checks_are_those_that_fail_with_every_seed(terminal: Terminal) -> None:
    """All checks that fail every time are named, in the order of the suite."""
    suite = terminal.course / "tiny-double" / "suite.py"
    text = suite.read_text(encoding="utf-8").replace('@after("test_double_of_one_is_two")\n', "")
    suite.write_text(text, encoding="utf-8")
    caught_by = made(terminal, write(terminal, "def double(x):\n    return 4 * abs(x)\n"))["caught_by"]
    assert caught_by == ["test_double_of_one_is_two", "test_double_keeps_the_sign"]


def test_names_are_made_of_the_file_s_and_used_once(terminal: Terminal) -> None:
    """A file gives its name as a slug, with a number where that is taken; --name is taken as it is."""
    code = "def double(x):\n    return x * x\n"
    assert made(terminal, write(terminal, code, "Squares.py"))["name"] == "squares-2"
    assert made(terminal, "Squares.py")["name"] == "squares-3"
    assert made(terminal, write(terminal, code, "to_the__power.of 2.py"))["name"] == "to-the-power-of-2"
    assert made(terminal, "Squares.py", "--name", "another-power")["name"] == "another-power"


def test_a_name_that_is_none_is_refused(terminal: Terminal) -> None:
    """A name must be a slug, a new one, and say more than the kata's."""
    name = write(terminal, HALVES, "tiny_double.py")
    assert refused(terminal, name) == [
        "The file's name says nothing of the mistake.",
        "Give it one: --name softmax-twice",
    ]
    assert refused(terminal, name, "--name", "squares") == [
        "tiny-double has a known mistake 'squares'.",
        "Give this one another --name.",
    ]
    assert refused(terminal, name, "--name", "Half_of_it") == [
        "'Half_of_it' cannot name a mistake: small letters and digits, with hyphens between words.",
        "A name says what is done: --name softmax-before-topk",
    ]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "def double(x):\n    return x + x\n",
            "halves.py passes every check of tiny-double: it is right, or the suite does not notice.",
        ),
        ("def double(x):\n    return (\n", "halves.py:2 does not compile: '(' was never closed."),
        (
            "def double(x):\n    raise NotImplementedError\n",
            "halves.py is not finished: it stops on NotImplementedError.",
        ),
        (
            "def duble(x):\n    return 3 * x\n",
            "No check fails halves.py; it is invalid: does not define double. Did you mean 'duble'?.",
        ),
        (
            "import missing_module\n",
            "No check fails halves.py; it is invalid: No module named 'missing_module'. "
            "A submission is one file: it may import torch, NumPy and what is installed.",
        ),
    ],
)
def test_what_is_no_mistake_is_refused(terminal: Terminal, code: str, says: str) -> None:
    """A submission that passes, does not load or is not finished is no mistake, and a sentence says so."""
    assert refused(terminal, write(terminal, code))[0] == says


def test_a_file_that_cannot_be_read_is_refused(terminal: Terminal) -> None:
    """A missing file, a folder and what is not text are errors with the reason."""
    (terminal.folder / "latin.py").write_bytes(b"# \xe9\n")
    assert refused(terminal, "no.py")[0] == "no.py cannot be read: no such file or directory."
    assert refused(terminal, ".")[0] == ". cannot be read: is a directory."
    assert refused(terminal, "latin.py")[0] == "latin.py is not UTF-8 text (invalid continuation byte)."


def test_what_fails_by_luck_is_refused(terminal: Terminal, judge: ObedientJudge) -> None:
    """A submission that no check fails with every seed makes no entry."""
    judge.verdicts = [Status.FAILED, Status.PASSED]
    assert refused(terminal, write(terminal, HALVES)) == [
        "No check fails halves.py with each of the seeds 1, 2, 3.",
        "Make one of suite.py notice it every time.",
    ]


def test_a_broken_suite_is_the_kata_s_error(terminal: Terminal) -> None:
    """Where the suite cannot judge, that is said, with the exit code of an invalid kata."""
    suite = terminal.course / "tiny-double" / "suite.py"
    suite.write_text("import nothing\n" + suite.read_text(encoding="utf-8"), encoding="utf-8")
    result = terminal("author", "mistake", "tiny-double", write(terminal, HALVES))
    assert result.exit_code == 4
    assert "suite.py: cannot judge halves.py: " in result.stderr


def test_a_page_that_is_wrong_is_reported_with_its_line(terminal: Terminal) -> None:
    """An entry is added to a page that can be read, and to no other."""
    page(terminal).write_text("## Squares\n", encoding="utf-8")
    result = terminal("author", "mistake", "tiny-double", write(terminal, HALVES))
    assert (result.exit_code, page(terminal).read_text(encoding="utf-8")) == (4, "## Squares\n")
    assert "mistakes.md:1: " in result.stderr


def test_the_first_mistake_begins_the_page(terminal: Terminal) -> None:
    """Where there is no mistakes.md, it is written with a title."""
    page(terminal).unlink()
    made(terminal, write(terminal, HALVES))
    assert page(terminal).read_text(encoding="utf-8") == f"# Known mistakes\n\n{ENTRY}"


@pytest.mark.parametrize(("end", "gap"), [("", "\n\n"), ("\n", "\n"), ("\n\n", "")])
def test_one_blank_line_parts_the_entries(terminal: Terminal, end: str, gap: str) -> None:
    """However the page ends, a blank line comes before the new heading."""
    text = page(terminal).read_text(encoding="utf-8").rstrip("\n") + end
    page(terminal).write_text(text, encoding="utf-8")
    made(terminal, write(terminal, HALVES))
    assert page(terminal).read_text(encoding="utf-8") == text + gap + ENTRY


def test_line_ends_are_those_of_the_page(terminal: Terminal) -> None:
    """A page with the line ends of another system keeps them throughout."""
    text = page(terminal).read_bytes().replace(b"\n", b"\r\n")
    page(terminal).write_bytes(text)
    made(terminal, write(terminal, HALVES))
    assert page(terminal).read_bytes() == text + b"\r\n" + ENTRY.encode().replace(b"\n", b"\r\n")


def test_katas_of_other_folders_get_mistakes_too(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The kata is looked for where --katas and MLKATA_PATH say."""
    other = tmp_path / "others" / "my-double"
    other.parent.mkdir()
    (terminal.course / "tiny-double").rename(other)
    name = write(terminal, HALVES)
    result = terminal("author", "mistake", "my-double", name, "--katas", str(other.parent))
    assert result.exit_code == 0, result.output
    monkeypatch.setenv("MLKATA_PATH", str(other.parent))
    result = terminal("author", "mistake", "my-double", name)
    assert result.exit_code == 0, result.output
    assert [mistake.name for mistake in Kata.load(other).mistakes] == ["squares", "halves", "halves-2"]


def test_author_check_asks_for_the_words(terminal: Terminal) -> None:
    """The sentences of a new entry are still to be written, and the rest of it is right."""
    made(terminal, write(terminal, HALVES))
    result = terminal("author", "check", "tiny-double", "--fast", "--json")
    (proof,) = json.loads(result.stdout)["katas"]
    found = [(f["line"], f["problem"]) for f in proof["findings"] if f["path"].endswith("mistakes.md")]
    assert found == [
        (None, "at least four known mistakes are needed"),
        (
            20,
            "still to be written: what is misunderstood here, and what comes of it; learners read this "
            "first.",
        ),
        (
            22,
            "still to be written: what to do instead, and where that stands (section, equation, "
            "documentation).",
        ),
    ]
