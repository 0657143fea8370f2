"""Names that a kata asks to be written by hand, however a submission gets hold of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

AVOID = '["torch.softmax", "torch.nn.functional.softmax", "torch.Tensor.softmax"]'
SUITE = '''
from submission import answer
import torch

def test_answers():
    """Answers with a softmax."""
    x = torch.randn(3)
    assert torch.allclose(answer(x), x.softmax(-1), atol=1e-6)
'''
BY_HAND = "(x - x.max()).exp() / (x - x.max()).exp().sum()"


def judged(engine: Engine, submission: str) -> tuple[Status, str, int | None]:
    """Return status, message and line of a report on a kata that avoids softmax."""
    kata = engine.make_kata(SUITE, entry_points=("answer",))
    facts = kata.folder / "kata.toml"
    text = facts.read_text().replace("entry_points", f"avoid = {AVOID}\nentry_points")
    again = engine.make_kata(SUITE, entry_points=("answer",), files={"kata.toml": text})
    report = engine.judge_kata(again, submission.encode())
    return report.status, report.message, report.at.line if report.at else None


@pytest.mark.parametrize(
    ("name", "submission"),
    [
        ("torch.softmax", "import torch as t\ndef answer(x):\n    return t.softmax(x, -1)\n"),
        ("torch.softmax", "from torch import softmax as s\ndef answer(x):\n    return s(x, -1)\n"),
        ("torch.softmax", "import torch\nf = torch.softmax\ndef answer(x):\n    return f(x, -1)\n"),
        ("torch.softmax", "import torch\ndef answer(x):\n    return getattr(torch, 'soft' + 'max')(x, -1)\n"),
        (
            "torch.nn.functional.softmax",
            "from torch.nn import functional as G\ndef answer(x):\n    return G.softmax(x, -1)\n",
        ),
        ("torch.Tensor.softmax", "def answer(x):\n    return x.softmax(-1)\n"),
        ("torch.Tensor.softmax", "def answer(x):\n    return getattr(x, 'xamtfos'[::-1])(-1)\n"),
        ("torch.Tensor.softmax", f"def unused(x):\n    x.softmax(0)\ndef answer(x):\n    return {BY_HAND}\n"),
    ],
)
def test_an_avoided_name_fails(engine: Engine, name: str, submission: str) -> None:
    """A right answer by an avoided name fails, with the name and the place."""
    status, message, line = judged(engine, submission)
    assert (status, message) == (
        Status.FAILED,
        f"Your code uses {name}; this kata asks you to write it yourself.",
    )
    assert line is not None
    assert "soft" in submission.splitlines()[line - 1] or "xamtfos" in submission.splitlines()[line - 1]


@pytest.mark.parametrize(
    "submission",
    [
        f"def answer(x):\n    return {BY_HAND}\n",
        f"class Own:\n    def softmax(self, x):\n        return {BY_HAND}\n"
        "    def answer(self, x):\n        return self.softmax(x)\n"
        "def answer(x):\n    return Own().answer(x)\n",
        f"def softmax(x):\n    return {BY_HAND}\ndef answer(x):\n    return softmax(x)\n",
    ],
)
def test_an_own_function_of_the_same_name_is_fine(engine: Engine, submission: str) -> None:
    """What the submission defines itself may be called as it likes."""
    assert judged(engine, submission) == (Status.PASSED, "", None)
