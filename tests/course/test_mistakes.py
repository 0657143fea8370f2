"""Known mistakes are read from one page, or their author learns which line of it does not fit."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from ml_katas.course.changes import without_notes
from ml_katas.course.kata import Kata
from ml_katas.course.mistakes import Mistake, read_mistakes
from ml_katas.errors import InvalidKata

SOLUTION = '''\
"""Share out.

The shares of a row  # of all rows
add up to one.
"""

import torch


def shares(x, eps=1e-6):
    # Nothing is negative ...
    kept = x.clamp(min=0)  # (B, K)
    label = "# of rows"

    total = kept.sum(-1, keepdim=True)  # (B, 1)

    # ... and nothing is divided by zero.
    return kept / (total + eps), label
'''
CHECKS = ("test_shape", "test_values", "test_gradient")
ENTRY = """\
## summed-down-the-columns

<!-- caught by: test_values -->

Columns add up to one.

Rows do: sum over the last axis (section 2).

```diff
{change}
```
"""


class Page:
    """A `mistakes.md` beside a solution."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mistakes.md"
        self.solution = folder / "solution.py"
        self.solution.write_text(SOLUTION, encoding="utf-8")

    def read(self, text: str) -> tuple[Mistake, ...]:
        """Return the mistakes on a page of this text."""
        self.path.write_text(text, encoding="utf-8")
        return read_mistakes(self.path, self.solution, CHECKS)

    def result(self, change: str) -> str:
        """Return what this change makes of the solution."""
        (mistake,) = self.read(ENTRY.format(change=change))
        return mistake.source.decode()

    def problem(self, text: str) -> tuple[int | None, str]:
        """Return the line of the page that is wrong, and what is wrong with it."""
        with pytest.raises(InvalidKata) as caught:
            self.read(text)
        assert caught.value.path == self.path
        return caught.value.line, caught.value.problem

    def problem_of_change(self, change: str) -> tuple[int | None, str]:
        """Return the line within the change that is wrong, from 1, and what is wrong with it."""
        line, problem = self.problem(ENTRY.format(change=change))
        return (line or 0) - 9, problem


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(tmp_path)


def test_a_kata_has_its_mistakes(kata: Kata) -> None:
    """A kata's mistakes have a name, the learner's sentences, their checks and the whole program."""
    (mistake,) = kata.mistakes
    assert (mistake.name, mistake.caught_by) == ("squares", ("test_double_of_one_is_two",))
    assert mistake.sentences.splitlines() == [
        "This squares the number.",
        "",
        "Squaring and doubling agree at 0 and 2 only.",
    ]
    assert mistake.source.decode() == '"""Double a number: 2x."""\n\n\ndef double(x):\n    return x * x\n'
    assert (mistake.path, mistake.line, mistake.free) == (kata.folder / "mistakes.md", 3, ())


def test_a_kata_without_the_page_has_no_mistakes(kata: Kata) -> None:
    """A kata may be begun without known mistakes."""
    (kata.folder / "mistakes.md").unlink()
    assert Kata.load(kata.folder).mistakes == ()


def test_a_kata_is_read_without_its_mistakes(kata: Kata) -> None:
    """A page that is wrong stops nobody who needs no mistakes."""
    (kata.folder / "mistakes.md").write_text("## Squares\n", encoding="utf-8")
    loaded = Kata.load(kata.folder)
    with pytest.raises(InvalidKata):
        _ = loaded.mistakes


def test_entries_are_read_in_order(page: Page) -> None:
    """Each heading begins a mistake; what comes before the first is a note for authors."""
    text = dedent(
        """\
        # Known mistakes

        Collected in class.

        ## no-clamp

        <!-- caught by: test_values, test_gradient -->

        Negative entries get a share.

        Clamp them
        at zero (section 1).

        So did we.

        ```diff
        -    kept = x.clamp(min=0)
        +    kept = x
        ```

        ## constant

        <!-- caught by: test_shape -->

        The answer is a constant.

        Use x.

        ````python
        def shares(x, eps=0):
            '''
            ```
            ## not-a-heading
            ```
            '''
            return 1
        ````
        """
    )
    first, second = page.read(text)
    assert (first.name, first.line, first.caught_by) == ("no-clamp", 5, ("test_values", "test_gradient"))
    assert (
        first.sentences == "Negative entries get a share.\n\nClamp them\nat zero (section 1).\n\nSo did we."
    )
    assert first.source.decode() == SOLUTION.replace("    kept = x.clamp(min=0)  # (B, K)", "    kept = x")
    assert (second.name, second.line) == ("constant", 21)
    assert second.source.decode().splitlines()[-1] == "    return 1"
    assert second.source.decode().splitlines()[3] == "    ## not-a-heading"


def test_removed_lines_go_with_their_comments(page: Page) -> None:
    """A line is found without the comment behind it, and with another; removed, it goes whole."""
    bare = "-    total = kept.sum(-1, keepdim=True)\n+    total = kept.sum(0)"
    other = "-    total = kept.sum(-1, keepdim=True)  # another comment  \n+    total = kept.sum(0)"
    expected = SOLUTION.replace("kept.sum(-1, keepdim=True)  # (B, 1)", "kept.sum(0)")
    assert page.result(bare) == page.result(other) == expected


def test_lines_around_stay_as_they_are_in_the_solution(page: Page) -> None:
    """A line that is not changed keeps its comment; a blank one may be written as an empty line."""
    change = '     label = "# of rows"\n\n-    total = kept.sum(-1, keepdim=True)\n+    total = kept.sum(0)'
    spaced = change.replace("\n\n", "\n     \n").replace("     label", "     label")
    assert page.result(change) == SOLUTION.replace("kept.sum(-1, keepdim=True)  # (B, 1)", "kept.sum(0)")
    assert page.result(spaced.replace('rows"', 'rows"  # ?')) == page.result(change)


def test_a_sign_in_a_string_begins_no_comment(page: Page) -> None:
    """What follows # in a string belongs to the line, within one line and within several."""
    assert page.problem_of_change('-    label = "\n+    label = 1')[0] == 1
    assert page.problem_of_change("-The shares of a row\n+The shares")[0] == 1
    assert 'label = "#"' in page.result('-    label = "# of rows"\n+    label = "#"')
    change = "-The shares of a row  # of all rows\n-add up to one.\n+They add up.\n@@\n-import torch"
    assert "Share out.\n\nThey add up.\n" in page.result(change)


def test_comment_lines_are_lines(page: Page) -> None:
    """A line that is a comment alone is found by its words, and is no blank line."""
    change = "-    # Nothing is negative ...\n-    kept = x.clamp(min=0)\n+    kept = x"
    assert "# Nothing" not in page.result(change)
    skipped = "-    # Everything is positive ...\n-    kept = x.clamp(min=0)\n+    kept = x"
    assert page.problem_of_change(skipped) == (
        1,
        "'# Everything is positive ...' is not a line of solution.py. "
        "Did you mean '# Nothing is negative ...'?",
    )


def test_hunks_are_found_in_any_order(page: Page) -> None:
    """Hunks are parted by @@, also as other tools write it, and need not be in the solution's order."""
    first, second = "-    kept = x.clamp(min=0)\n+    kept = x", "-import torch\n+import numpy"
    expected = SOLUTION.replace("x.clamp(min=0)  # (B, K)", "x").replace("import torch", "import numpy")
    assert page.result(f"{first}\n@@\n{second}") == expected
    assert page.result(f"@@ -8,1 +8,1 @@\n{second}\n@@ -12,1 +12,1 @@\n{first}") == expected


def test_lines_are_inserted_where_the_hunk_has_them(page: Page) -> None:
    """Lines with + stand between those around them, in the order of the hunk; a lone + is a blank line."""
    change = "+    x = x.float()\n+\n     kept = x.clamp(min=0)\n+    kept = kept.double()"
    expected = "    x = x.float()\n\n    kept = x.clamp(min=0)  # (B, K)\n    kept = kept.double()\n    label"
    assert expected in page.result(change)


@pytest.mark.parametrize(
    ("change", "line", "problem"),
    [
        ("", 1, "this hunk changes nothing"),
        ("@@", 0, "this change is empty"),
        ("+    x = 1", 1, "a hunk needs a line of solution.py, to say where it goes"),
        (" import torch", 1, "this hunk changes nothing; lines to change begin with '-' or '+'"),
        ("-import torch\n+import torch", 0, "this changes nothing: what results is the code of solution.py"),
        ("-import torch\n+import torch  # !", 0, "this changes nothing: what results is the code"),
        (
            "-import torch\n\\ No newline at end of file",
            2,
            "a line of a change begins with '-', '+' or a blank",
        ),
        ("-import torch\n*import numpy", 2, "a line of a change begins with '-', '+' or a blank"),
        (
            "-    kept = x.clamp(min=0)\n-    total = kept.sum(-1, keep=True)",
            2,
            "'total = kept.sum(-1, keep=True)' is not a line of solution.py. "
            "Did you mean 'total = kept.sum(-1, keepdim=True)'?",
        ),
        ("-  kept = x.clamp(min=0)\n+  kept = x", 1, "'kept = x.clamp(min=0)' is not a line of solution.py."),
        (
            "-    kept = x.clamp(min=0)\n-    total = kept.sum(-1, keepdim=True)",
            1,
            "these lines do not follow one another in solution.py; part them by @@, or add those between",
        ),
        (" \n+import math", 1, "this stands in solution.py more than once (lines 2, 6, 8, 9"),
        (
            '-    kept = x.clamp(min=0)\n@@\n     kept = x.clamp(min=0)\n-    label = "# of rows"',
            3,
            "this hunk overlaps with that of line 10; make them one",
        ),
        ("-    kept = x.clamp(min=0)\n+    kept = x.clamp(min=0", 2, "what results does not compile: '('"),
        ("-def shares(x, eps=1e-6):", 0, "what results does not compile: unexpected indent"),
    ],
)
def test_a_change_that_does_not_fit_is_an_error_with_its_line(
    page: Page, change: str, line: int, problem: str
) -> None:
    """What is not found, found twice, overlaps, changes nothing or does not compile has its line named."""
    found = page.problem_of_change(change)
    assert found[0] == line
    assert found[1].startswith(problem)


RIGHT = ENTRY.format(change="-    kept = x.clamp(min=0)\n+    kept = x")


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("summed-down", "Summed down", 1, "a mistake's heading is its name, such as 'softmax-before"),
        ("<!-- caught by: test_values -->", "", 1, "a mistake needs a line such as <!-- caught by"),
        ("test_values", "test_value", 3, "caught by 'test_value', which is not a check of suite.py. Did you"),
        ("test_values", "test_shape,", 3, "caught by '', which is not a check of suite.py."),
        ("caught by", "cought by", 3, "a comment here is <!-- caught by: test_a, test_b --> or <!-- free"),
        ("test_values -->", "\ntest_values -->", 3, "a comment here is <!-- caught by: test_a, test_b"),
        ("Columns", "<!-- caught by: test_shape -->\nColumns", 5, "'caught by' is said twice"),
        ("one.\n\nRows", "one. Rows", 1, "a mistake needs two paragraphs: the cause, then the remedy"),
        ("```diff", "```", 9, "a mistake has exactly one fence: ```diff, a change to solution.py"),
        ("```diff", "```text", 9, "a mistake has exactly one fence"),
        ("```diff", "```python\nx = 1\n```\n\n```diff", 13, "a mistake has exactly one fence"),
        ("x\n```", "x\n", 9, "this fence is not closed"),
        ("one.", "one.\n\n<!-- free: tau -->", 7, "'free: tau' needs one line `tau = …` with a number"),
    ],
)  # fmt: skip
def test_an_entry_that_is_not_right_is_an_error_with_its_line(
    page: Page, old: str, new: str, line: int, problem: str
) -> None:
    """Name, comments, sentences and fence are all there and right, or the line is named."""
    assert RIGHT.count(old) == 1
    found = page.problem(RIGHT.replace(old, new))
    assert found[0] == line
    assert found[1].startswith(problem)


def test_names_are_used_once(page: Page) -> None:
    """Two mistakes of one name are refused."""
    assert page.problem(f"{RIGHT}\n{RIGHT}") == (14, "the name 'summed-down-the-columns' is used twice")


def test_a_mistake_without_a_fence_is_an_error(page: Page) -> None:
    """A heading without a change is no mistake."""
    assert page.problem(RIGHT.partition("```")[0])[0] == 1


def test_a_program_that_does_not_compile_is_an_error_with_its_line(page: Page) -> None:
    """A whole program is compiled too, and its lines are those of the page."""
    text = RIGHT.partition("```")[0] + "```python\ndef shares(x):\n    return (\n```\n"
    assert page.problem(text)[0] == 11


def test_a_solution_that_does_not_compile_is_reported_as_itself(page: Page) -> None:
    """Where the solution is at fault, the error names the solution."""
    page.solution.write_text("def shares(x:\n", encoding="utf-8")
    with pytest.raises(InvalidKata, match=r"solution\.py:1: does not compile"):
        page.read(RIGHT)


@pytest.mark.parametrize("number", ["1e-8", "-1", "3"])
def test_a_number_may_be_free(page: Page, number: str) -> None:
    """A comment names the numbers of a change whose size does not matter."""
    text = ENTRY.format(change=f"-    kept = x.clamp(min=0)\n+    tau = {number}\n+    kept = x / tau")
    (mistake,) = page.read(text.replace("test_values -->", "test_values -->\n<!-- free: tau -->"))
    assert mistake.free == ("tau",)
    assert "<!--" not in mistake.sentences


@pytest.mark.parametrize("lines", ["tau = x", "tau = 1\n+    tau = 2", "tau: int = 1", "tau = True"])
def test_a_free_number_is_one_number(page: Page, lines: str) -> None:
    """What is free is assigned once, and is a number."""
    text = ENTRY.format(change=f"-    kept = x.clamp(min=0)\n+    {lines}\n+    kept = x / tau")
    found = page.problem(text.replace("test_values -->", "test_values -->\n<!-- free: tau -->"))
    assert found == (4, "'free: tau' needs one line `tau = …` with a number, among those inserted")


def test_a_free_number_stands_in_the_change(page: Page) -> None:
    """A number of the solution's own is not free."""
    page.solution.write_text(
        SOLUTION.replace("    # Nothing", "    tau = 3\n    # Nothing"), encoding="utf-8"
    )
    text = RIGHT.replace("test_values -->", "test_values -->\n<!-- free: tau -->")
    assert page.problem(text)[0] == 4


def test_a_program_without_notes_is_its_code() -> None:
    """Without its comments and docstrings a program is what a hurried learner hands in."""
    assert without_notes(SOLUTION) == (
        "import torch\n\n\ndef shares(x, eps=1e-6):\n"
        '    kept = x.clamp(min=0)\n    label = "# of rows"\n\n'
        "    total = kept.sum(-1, keepdim=True)\n\n    return kept / (total + eps), label\n"
    )
