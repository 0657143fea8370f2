"""What makes one program of another is said in few lines, and said rightly."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from ml_katas.authoring.difference import difference, fence_of_change, fence_of_program
from ml_katas.course.mistakes import mistakes_in

ONE = '''\
"""Share out."""

import torch
from collections.abc import Callable


def shares(x: torch.Tensor, way: Callable, eps: float = 1e-6) -> torch.Tensor:
    """Return the shares."""
    # Nothing is negative.
    kept = x.clamp(min=0)  # (B, K)

    total = kept.sum(-1, keepdim=True)
    if way is None:
        total = total + eps
    else:  # another way
        total = way(total)

    # Each row adds up to one.
    return kept / total


def rows(x):
    total = x.sum(-1, keepdim=True)
    return x / total
'''
ENTRY = "## other\n\n<!-- caught by: test_a -->\n\nA.\n\nB.\n\n{}\n"


def change(*replacements: tuple[str, str]) -> str:
    """Return ONE with some texts in place of others."""
    text = ONE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


DEF = "def shares(x: torch.Tensor, way: Callable, eps: float = 1e-6) -> torch.Tensor:"
CASES = {
    "one line": (change(("min=0", "min=1")), "-    kept = x.clamp(min=0)\n+    kept = x.clamp(min=1)"),
    "what is said besides": (
        change(
            ('"""Share out."""', '"""Another title."""'),
            ('    """Return the shares."""\n', ""),
            ("# Nothing is negative.", "# TODO"),
            ("  # (B, K)\n\n", "\n"),
            (DEF, "def shares(x, way, eps=1e-6):"),
            ("from collections.abc import Callable\n", ""),
            ("return kept / total", "return kept/total  # done"),
            ("x.clamp(min=0)", "x.clamp(\n        min = 0,\n    )"),
            ("else:  # another way", "else:"),
        ),
        "",
    ),
    "a line more": (
        change(("    return x / total", "    x = x + 1\n    return x / total")),
        "     total = x.sum(-1, keepdim=True)\n+    x = x + 1",
    ),
    "one of two lines alike": (
        change(("rows(x):\n    total = x.sum(-1, keepdim=True)", "rows(x):\n    total = x.sum()")),
        "-    total = x.sum(-1, keepdim=True)\n+    total = x.sum()",
    ),
    "the first statement": (
        change(("    # Nothing", "    x = x + 1\n    # Nothing")),
        "     # Nothing is negative.\n+    x = x + 1",
    ),
    "the last statement": (
        change(("    return x / total", "    return x / total\n\n\nCACHE = {}")),
        "     return x / total\n+\n+CACHE = {}",
    ),
    "head and body": (
        change((DEF, "def shares(x, way):"), ("x.clamp(min=0)", "x")),
        f"-{DEF}\n+def shares(x, way):\n@@\n-    kept = x.clamp(min=0)\n+    kept = x",
    ),
    "several places": (
        change(("x.clamp(min=0)", "x"), ("kept / total", "kept")),
        "-    kept = x.clamp(min=0)\n+    kept = x\n@@\n-    return kept / total\n+    return kept",
    ),
    "comments between lines that go": (
        change(
            ("        total = way(total)\n\n", "        return 1\n"),
            ("    # Each row adds up to one.\n    return kept / total\n", ""),
        ),
        "-        total = way(total)\n+        return 1\n@@\n-    return kept / total",
    ),
    "an import that is needed": (
        change(("import torch\n", "import torch\nimport math\n"), ("way(total)", "math.sqrt(total)")),
        " import torch\n+import math\n@@\n-        total = way(total)\n+        total = math.sqrt(total)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_change_is_small(case: str) -> None:
    """Only statements that differ are named, with as many lines around them as make their place certain."""
    other, expected = CASES[case]
    found = difference(ONE, other)
    assert found is not None
    assert found.change == expected


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][1]])
def test_the_change_is_read_as_what_it_was_made_from(case: str, tmp_path: Path) -> None:
    """Applied to the one program, a change gives the code of the other."""
    other = CASES[case][0]
    (tmp_path / "solution.py").write_text(ONE, encoding="utf-8")
    text = ENTRY.format(fence_of_change(ONE, other))
    (mistake,) = mistakes_in(text, tmp_path / "mistakes.md", tmp_path / "solution.py", ["test_a"])
    assert statements(mistake.source.decode()) == statements(other)


def statements(text: str) -> list[str]:
    """Return the statements of a program without docstrings, annotations and imports."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            node.body = node.body[ast.get_docstring(node) is not None :]
            for argument in node.args.args:
                argument.annotation = None
    body = tree.body[ast.get_docstring(tree) is not None :]
    return [ast.unparse(node) for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]


def test_a_hunk_is_as_long_as_its_place_needs() -> None:
    """Lines that stand twice are told apart by those before them, or behind where there are none."""
    one = "def f(x):\n    y = x\n    return y\n\n\ndef g(x):\n    y = x\n    return y\n\n\nZ = 1\n"
    found = difference(one, one.replace("    return y\n\n\nZ", "    return x\n\n\nZ"))
    assert found is not None
    assert found.change == " def g(x):\n     y = x\n-    return y\n+    return x"


def test_another_program_is_no_change() -> None:
    """Where more than half of the code would go, there is no change to write."""
    other = "def shares(x, way=None):\n    return x\n\n\ndef rows(x):\n    return x\n"
    assert fence_of_change(ONE, other) == ""


def test_a_program_is_fenced_without_its_title() -> None:
    """A whole program loses its docstring, and its fence is longer than any within."""
    text = '"""Title."""\n\nx = """\n```\n"""\n'
    assert fence_of_program(text) == '````python\nx = """\n```\n"""\n````'


def test_a_change_with_a_fence_in_it_is_read(tmp_path: Path) -> None:
    """A line that looks like the end of the fence is part of the change."""
    one = dedent('''\
        def f(x):
            a = """
        ```
        """
            return x, a


        def g(x):
            return x, 1
        ''')
    (tmp_path / "solution.py").write_text(one, encoding="utf-8")
    text = ENTRY.format(fence_of_change(one, one.replace("```", "``` !")))
    (mistake,) = mistakes_in(text, tmp_path / "mistakes.md", tmp_path / "solution.py", ["test_a"])
    assert mistake.source.decode() == one.replace("```", "``` !")
