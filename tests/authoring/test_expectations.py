"""The rule about where a suite reads what it expects, on suites that borrow and on suites that do not."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from ml_katas.authoring.findings import Finding, Severity
from ml_katas.authoring.rules.expectations import expectations_are_the_suites_own
from ml_katas.course.catalog import Catalog
from ml_katas.course.kata import Kata

if TYPE_CHECKING:
    from conftest import Engine

HELPERS = """
def trained(width):
    net = Net(nn.Linear(width, 2), 3)
    assign(net.weight, 1.0)
    return net, torch.randn(width)


def fresh():
    return Net(nn.Linear(2, 2), 3)


def by_hand(net, x):
    return net.weight * x
"""


def findings(engine: Engine, body: str) -> list[Finding]:
    """Return what the rule finds in a suite of one check with this body."""
    check = f'def test_promise():\n    """It keeps its promise."""\n{indent(dedent(body).strip(), "    ")}\n'
    head = "import torch\nfrom submission import Net, solve\nfrom torch import nn\n"
    kata = engine.make_kata(f"{head}{HELPERS}\n\n{check}", entry_points=("Net", "solve"))
    return list(expectations_are_the_suites_own(kata, Catalog(())))


BORROWED = {
    "an attribute of the object": "net = Net(base, 3)\nassert_close(net(x), net.weight * x)",
    "a variable": "net = Net(base, 3)\nw = net.weight.detach().clone()\ny = w @ x\nassert_close(net(x), y)",
    "a helper that reads": "net = Net(base, 3)\nexpected = by_hand(net, x)\nassert_close(net(x), expected)",
    "a helper that makes": "net, x = trained(3)\nassert_close(net(x), net.weight * x)",
    "another helper that makes": "net = fresh()\nassert_close(net(x), net.state_dict()['weight'] * x)",
    "two at once": "net, x = fresh(), torch.randn(2)\nassert_close(net(x), by_hand(net, x))",
    "what was handed over": "base = nn.Linear(2, 2)\nnet = Net(base, 3)\nassert_close(net(x), base(x))",
    "its weight": "base = nn.Linear(2, 2)\nnet = Net(base=base)\nassert_close(net(x), x @ base.weight.T)",
}
OWN = {
    "a copy from before": "w = base.weight.clone()\nnet = Net(base, 3)\nassert_close(net(x), x @ w.T)",
    "computed before": "expected = base(x)\nnet = Net(base, 3)\nassert_close(net(x), expected)",
    "numbers of its own": "net, w = fresh(), draw()\nassign(net.weight, w)\nassert_close(net(x), w * x)",
    "what comes with the object": "net, x = trained(3)\nassert_close(net(x), 2 * x)",
    "a shape": "net = Net(base, 3)\nassert_close(net.weight, torch.zeros(net.weight.shape))",
    "two answers": "net = Net(base, 3)\nbefore = net(x)\nnet.merge()\nassert_close(net(x), before)",
    "the actual side": "net = Net(base, 3)\nassert_close(net.weight, torch.ones(2))",
    "a function's argument": "assert_close(solve(x), x.double() * 2)",
}


@pytest.mark.parametrize("how", BORROWED)
def test_a_borrowed_expectation_is_remarked(engine: Engine, how: str) -> None:
    """An expectation that is read from what the submission made, or was handed, is a remark with its line."""
    (finding,) = findings(engine, BORROWED[how])
    assert finding.severity is Severity.WARNING
    name = "base" if "base(x)" in BORROWED[how] or "base.weight.T" in BORROWED[how] else "net"
    assert finding.problem == (
        f"what is expected is read from {name}, which the submission has in its hands; "
        "compute it from numbers of your own, or from copies made before"
    )
    lines = Path(finding.path).read_text().splitlines()
    assert "assert_close" in lines[(finding.line or 1) - 1]


@pytest.mark.parametrize("how", OWN)
def test_an_expectation_of_the_suites_own_is_fine(engine: Engine, how: str) -> None:
    """Copies from before, numbers that the suite writes, shapes and two answers are left alone."""
    assert findings(engine, OWN[how]) == []


@pytest.mark.parametrize("slug", ["align-lora", "moe-topk", "num-softmax"])
def test_the_bundled_suites_borrow_nothing(slug: str) -> None:
    """What the bundled katas expect is their own."""
    kata = Kata.load(Path(__file__).parents[2] / "katas" / slug)
    assert list(expectations_are_the_suites_own(kata, Catalog(()))) == []
