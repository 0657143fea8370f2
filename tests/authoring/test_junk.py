"""Junk made from a solution is junk, says where it applies, and is rejected by every suite or exempt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from ml_katas.authoring.junk.submissions import GIVEN, NAMES, Junk, junk_submissions
from ml_katas.authoring.rules.junk import junk_is_rejected, junk_trials
from ml_katas.authoring.trials import Trial, TrialRunner
from ml_katas.course.kata import Kata
from ml_katas.judging.protocol import Judge
from ml_katas.report import Report, Status

if TYPE_CHECKING:
    from conftest import Engine

MakeRunner = Callable[[Kata], TrialRunner]


@pytest.fixture
def runner_of(_judge_of_the_session: Judge) -> Iterator[MakeRunner]:
    """Return what makes a runner for a kata, with the real engine."""
    with ThreadPoolExecutor(2) as pool:
        yield lambda kata: TrialRunner(kata, _judge_of_the_session, pool)


def make_kata(engine: Engine, solution: str, body: str, *names: str, facts: str = "") -> Kata:
    """Return a kata with this solution and a suite of one check with this *body*."""
    lines = "\n".join(f"    {line}" for line in dedent(body).strip().splitlines())
    suite = (
        f"import torch\nfrom torch import nn\nfrom submission import {', '.join(names)}\n\n\n"
        f'def test_promise():\n    """It keeps its promise."""\n{lines}\n'
    )
    kata = engine.make_kata(suite, entry_points=names, files={"solution.py": dedent(solution).lstrip()})
    path = kata.folder / "kata.toml"
    path.write_text(facts + path.read_text(encoding="utf-8"), encoding="utf-8")
    return Kata.load(kata.folder)


def judged(runner: TrialRunner, *names: str) -> dict[str, tuple[Junk, Report]]:
    """Return each junk of the kata with its report, by name; of those called *names*, or all."""
    pairs = zip(junk_submissions(runner.kata), junk_trials(runner.kata), strict=True)
    chosen = [(junk, trial) for junk, trial in pairs if not names or junk.name in names]
    submissions = [junk for junk, _ in chosen]
    reports = runner.reports([trial for _, trial in chosen])
    return {junk.name: (junk, report) for junk, (_, report) in zip(submissions, reports, strict=True)}


def statuses(runner: TrialRunner, *names: str) -> dict[str, Status]:
    """Return the status of each junk that applies, by name; of those called *names*, or all."""
    found = judged(runner, *names).items()
    return {name: report.status for name, (junk, report) in found if junk.applies(report)}


SCALED = """
    def scaled(x, factor=3.0):
        return factor * x
"""
VALUES = """
    x = torch.tensor([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
    w, before = x.clone().requires_grad_(), x.clone()
    assert {}
"""
PROPERTIES = {
    "zeros": "not scaled(x).any()",
    "ones": "scaled(x).eq(1).all()",
    "noise": "scaled(x).eq(scaled(2 * x)).all() and scaled(x).ne(3 * x).all()",
    "nan": "scaled(x).isnan().all()",
    "argument": "scaled(x) is x",
    "mean": "scaled(x).eq(3 * x.mean(-1, keepdim=True)).all()",
    "digits": "scaled(w.double() / 7).dtype == torch.float64 and scaled(w / 7).eq(3 * (w / 7)).all()"
    " and scaled(w.double() / 7).eq((3 * (w.double() / 7)).float()).all()",
    "rounded": "scaled(x / 7).eq((3 * (x / 7)).bfloat16()).all() and scaled(x).dtype == torch.float32",
    "negated": "scaled(x).eq(-3 * x).all()",
    "shuffled": "scaled(x).eq(3 * x.flip(0)).all()",
    "stuck": "all(scaled(y).eq(3 * x).all() for y in (x, 2 * x)) and scaled(x[:1]).eq(3 * x[:1]).all()",
    "empty": "scaled(x).shape == (0,)",
    "single": "scaled(x).dtype == scaled(x.double()).dtype == torch.float32",
    "dtype": "scaled(x).dtype == torch.float64 and scaled(x.double()).dtype == torch.float32",
    "list": "scaled(x) == (3 * x).tolist()",
    "none": "scaled(x) is None",
    "agreeable": "scaled(x).shape and not isinstance(scaled(x), torch.Tensor)",
    "detached": "not scaled(w).requires_grad and scaled(w).eq(3 * x).all()",
    "gradient": "torch.autograd.grad(scaled(w).sum(), w)[0].eq(6).all() and scaled(w).eq(3 * x).all()",
    "damage": "scaled(x).eq(3 * before).all() and x.eq(before + 1).all()",
}


@pytest.mark.parametrize("name", PROPERTIES)
def test_each_junk_is_what_it_says(engine: Engine, runner_of: MakeRunner, name: str) -> None:
    """A suite that asks for this junk passes it, and hears that it applies, although every check passed."""
    runner = runner_of(make_kata(engine, SCALED, VALUES.format(PROPERTIES[name]), "scaled"))
    assert statuses(runner, name) == {name: Status.PASSED}


def test_every_kind_is_known() -> None:
    """There is a property above for each kind but those for what works in place and for what is given."""
    assert set(NAMES) == {*PROPERTIES, *GIVEN, "nothing"}


def test_a_good_suite_rejects_all_of_it(engine: Engine, runner_of: MakeRunner) -> None:
    """Values, dtype, gradient and untouched arguments: nothing gets past these."""
    body = """
        x = torch.tensor([[1.0, 2.0, 4.3], [8.0, 16.0, 32.0]], requires_grad=True)
        for factor in (1.0, 3.0):
            y = scaled(x.detach() + 0, factor)
            assert y.dtype == torch.float32 and y.tolist() == (factor * x).tolist()
        assert scaled(2 * x, 1.0).tolist() == (2 * x).tolist()
        seventh = x.detach().double() / 7
        assert scaled(seventh).dtype == torch.float64 and scaled(seventh).tolist() == (3 * seventh).tolist()
        scaled(x).sum().backward()
        assert x.grad.eq(3).all()
        before = x.detach().clone()
        scaled(before)
        assert before.eq(x).all()
    """
    runner = runner_of(make_kata(engine, SCALED, body, "scaled"))
    found = judged(runner, *PROPERTIES)
    assert found.keys() == PROPERTIES.keys()
    assert [name for name, (junk, report) in found.items() if not junk.applies(report)] == []
    assert {str(report.status) for _, report in found.values()} <= {"failed", "error"}
    assert list(junk_is_rejected(runner.kata, runner)) == []


WRAPPED = """
    import torch
    from torch import nn

    class Wrapped(nn.Module):
        def __init__(self, base):
            super().__init__()
            self.base = base

        def forward(self, x):
            return 2 * self.base(x)
"""


def test_what_is_given_is_spoiled_from_some_construction_on(engine: Engine, runner_of: MakeRunner) -> None:
    """Parameters and buffers are scaled, zeroed and poisoned, at once or late; copies from before notice."""
    after = """
        for n in range(15):
            base = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3).eval())
            found = Wrapped(base)(torch.ones(4, 2))
            assert torch.equal(found, 2 * base(torch.ones(4, 2))) or found.isnan().any()
    """
    before = """
        for n in range({}):
            base = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3).eval())
            expected = 2 * base(torch.ones(4, 2))
            assert torch.equal(Wrapped(base)(torch.ones(4, 2)), expected)
    """

    def rejected(body: str) -> list[tuple[str, bool]]:
        runner = runner_of(make_kata(engine, WRAPPED, body, "Wrapped"))
        submissions, trials = junk_submissions(runner.kata), junk_trials(runner.kata)
        chosen = [pair for pair in zip(submissions, trials, strict=True) if pair[0].name in GIVEN]
        reports = runner.reports([trial for _, trial in chosen])
        return [
            (junk.says.rpartition("goes on with those")[2], report.status is not Status.PASSED)
            for (junk, _), (_, report) in zip(chosen, reports, strict=True)
            if junk.applies(report)
        ]

    late = ["", ", from the 4th time on", ", from the 13th time on"]
    assert rejected(after) == [(since, False) for _ in GIVEN for since in late]
    assert rejected(before.format(15)) == [(since, True) for _ in GIVEN for since in late]
    assert rejected(before.format(4)) == [(since, True) for _ in GIVEN for since in late[:2]]


def test_answers_are_spoiled_in_all_their_parts(engine: Engine, runner_of: MakeRunner) -> None:
    """Tuples, lists, dicts, dataclasses and arrays keep their structure; numbers and texts change."""
    solution = """
        from dataclasses import dataclass
        from typing import NamedTuple

        import numpy as np

        class Pair(NamedTuple):
            values: object
            count: int

        @dataclass
        class Box:
            width: float

        def parts(x):
            arrays = np.ones(2), np.float64(3)
            return Pair(x + 1, 3), [x + 1, 2.5, True], {"name": "ab", "next": (1, None)}, Box(2.0), arrays
    """
    body = """
        pair, numbers, texts, box, arrays = parts(torch.ones(2))
        assert pair.values.tolist() == [0, 0] and pair.count == 0
        assert [numbers[0].tolist(), *numbers[1:]] == [[0, 0], 0.0, False]
        assert texts == {"name": "", "next": (0, None)}
        assert box.width == 0 and [array.tolist() for array in arrays] == [[0, 0], 0]
    """
    runner = runner_of(make_kata(engine, solution, body, "parts"))
    assert statuses(runner, "zeros") == {"zeros": Status.PASSED}


def test_what_works_in_place_is_left_undone(engine: Engine, runner_of: MakeRunner) -> None:
    """A function that returns None has two junks: one that does nothing and one that does too much."""
    solution = """
        def clear(tensors):
            for tensor in tensors:
                tensor.zero_()
    """
    body = """
        x = torch.ones(3)
        clear([x])
        assert not x.any()
    """
    found = statuses(runner_of(make_kata(engine, solution, body, "clear")))
    assert found == {"damage": Status.FAILED, "nothing": Status.FAILED}


MODULE = """
    import torch
    from torch import nn

    class Base(nn.Module):
        def twice(self, x):
            return 2 * self(x)

    class Gate(Base):
        def __init__(self, width):
            super().__init__()
            self.linear = nn.Linear(width, 3)
            self.calls = 0
            self.reset()

        def forward(self, x):
            self.calls += 1
            return self._logits(x)

        def _logits(self, x):
            return self.linear(x)

        def reset(self):
            nn.init.ones_(self.linear.weight)

        @property
        def width(self):
            return self.linear.in_features

        @staticmethod
        def middle(x):
            return x / 2

        @classmethod
        def of(cls, x):
            return cls(x.shape[-1])
"""
IS_A_MODULE = """
    gate, x = Gate(4), torch.ones(2, 4)
    assert isinstance(gate, nn.Module) and isinstance(gate, Gate)
    assert [name for name, _ in gate.named_parameters()] == ["linear.weight", "linear.bias"]
    assert set(gate.state_dict()) == {"linear.weight", "linear.bias"}
    assert gate.linear.weight.eq(1).all()
    gate.linear.weight.data.fill_(5.0)
"""


def test_a_module_stays_a_module(engine: Engine, runner_of: MakeRunner) -> None:
    """Parameters, state dict and class are right; forward, methods and properties answer with junk."""
    body = f"""{IS_A_MODULE}
    assert gate(x).eq(1).all() and gate.twice(x).eq(1).all() and gate.calls == 2
    assert gate.middle(x + 1).tolist() == [[1.0] * 4] * 2 and gate.width == 1
    gate.reset()
    assert gate.linear.weight.eq(1).all()
    assert Gate.of(x)(x).eq(1).all() and Gate.of(x).linear.in_features == 4
    """
    runner = runner_of(make_kata(engine, MODULE, body, "Gate"))
    assert statuses(runner, "ones") == {"ones": Status.PASSED}


def test_methods_that_work_in_place_are_left_undone(engine: Engine, runner_of: MakeRunner) -> None:
    """`reset` does nothing when it is called, and all that it is to do when the constructor calls it."""
    body = f"""{IS_A_MODULE}
    gate.reset()
    assert gate.linear.weight.eq(5).all() and gate.width == 4 and gate.middle(x).eq(0.5).all()
    """
    runner = runner_of(make_kata(engine, MODULE, body, "Gate"))
    assert statuses(runner, "nothing") == {"nothing": Status.PASSED}


def test_functions_and_modules_that_are_returned_answer_with_junk(
    engine: Engine, runner_of: MakeRunner
) -> None:
    """What a submission makes for later calls is spoiled in these calls; generators in each item."""
    solution = """
        from torch import nn

        def make(n):
            return nn.Linear(n, n), lambda x: x + 1

        def count(n):
            for number in range(n):
                yield number + 1
    """
    body = """
        layer, plus = make(3)
        assert not layer(torch.ones(2, 3)).any() and layer.weight.any() and plus(1) == 0
        assert list(count(3)) == [0, 0, 0]
    """
    runner = runner_of(make_kata(engine, solution, body, "make", "count"))
    junk = junk_submissions(runner.kata)[0]
    [(_, report)] = runner.reports([Trial(path=runner.kata.solution, source=junk.source)])
    assert (junk.name, report.status, junk.applies(report)) == ("zeros", Status.PASSED, True)


def test_recursion_stays_right(engine: Engine, runner_of: MakeRunner) -> None:
    """Only what the suite receives is junk, so a solution that calls itself does not trip over it."""
    solution = """
        def total(numbers):
            return numbers[0] + total(numbers[1:]) if numbers else 0.0
    """
    runner = runner_of(make_kata(engine, solution, "assert total([1.0, 2.0]) == -3.0", "total"))
    assert statuses(runner, "negated") == {"negated": Status.PASSED}


def test_junk_that_changes_nothing_does_not_apply(engine: Engine, runner_of: MakeRunner) -> None:
    """Zeros are no junk of zeros, and where no tensor crosses there is no dtype to get wrong."""
    runner = runner_of(make_kata(engine, "def none(x): return 0", "assert none(5) == 0", "none"))
    assert statuses(runner) == dict.fromkeys(
        ("ones", "noise", "argument", "none", "agreeable"), Status.FAILED
    )
    assert list(junk_is_rejected(runner.kata, runner)) == []


def test_junk_may_use_what_the_kata_avoids(engine: Engine, runner_of: MakeRunner) -> None:
    """What the junk itself calls is not held against it: a check has to find the mistake."""
    facts = 'avoid = ["torch.zeros_like", "torch.Tensor.add_"]\n'
    runner = runner_of(
        make_kata(engine, SCALED, "assert scaled(torch.ones(2)) is not 1", "scaled", facts=facts)
    )
    found = statuses(runner, "zeros", "damage")
    assert found == {"zeros": Status.PASSED, "damage": Status.PASSED}


LAX = """
    x = torch.tensor([[1.0, 2.0], [3.0, 4.1]])
    y = scaled(x)
    assert y.dtype == x.dtype and y.tolist()[0] == [3.0, 6.0] and x[0, 0] == 1
    assert scaled(2 * x).tolist()[0] == [6.0, 12.0]
"""


def test_junk_that_passes_is_a_finding(engine: Engine, runner_of: MakeRunner) -> None:
    """A suite that looks at the first row only is told what it lets through, and what to add."""
    runner = runner_of(make_kata(engine, SCALED, LAX, "scaled"))
    (finding,) = junk_is_rejected(runner.kata, runner)
    assert finding.path == runner.kata.suite.path
    assert finding.problem == (
        "this junk passes: it returns the right numbers rounded to bfloat16 ('rounded'). Add a check: "
        "compare float32 values at the tolerance of assert_close; or say in [[exempt]] of kata.toml why it "
        "is right here"
    )


def test_an_exemption_that_is_needed_is_none(engine: Engine, runner_of: MakeRunner) -> None:
    """Junk that is exempt may pass."""
    kata = make_kata(engine, SCALED, LAX, "scaled")
    kata = exempt(kata, "rounded")
    assert list(junk_is_rejected(kata, runner_of(kata))) == []


def test_an_exemption_that_is_not_needed_is_a_finding(engine: Engine, runner_of: MakeRunner) -> None:
    """Junk that is exempt must apply and pass, or the exemption is to go."""
    kata = make_kata(engine, SCALED, LAX, "scaled")
    for name in ("rounded", "zeros", "detached"):
        kata = exempt(kata, name)
    lines = (kata.folder / "kata.toml").read_text(encoding="utf-8").splitlines()
    found = list(junk_is_rejected(kata, runner_of(kata)))
    assert [(finding.path.name, lines[(finding.line or 0) - 1]) for finding in found] == [
        ("kata.toml", 'junk = "zeros"'),
        ("kata.toml", 'junk = "detached"'),
    ]
    assert [finding.problem for finding in found] == [
        "the exemption of 'zeros' is not needed, the suite rejects it: remove it",
        "the exemption of 'detached' is not needed, it changes no answer here: remove it",
    ]


def test_each_entry_point_is_tried_by_itself(
    engine: Engine, runner_of: MakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that no check looks at is found; so are two that undo each other's junk."""
    monkeypatch.setattr("ml_katas.authoring.junk.submissions.NAMES", ("ones", "negated", "argument"))
    solution = """
        def encode(x):
            return x + 1

        def decode(x):
            return x - 1
    """
    runner = runner_of(make_kata(engine, solution, "assert decode(encode(5)) == 5", "encode", "decode"))
    (finding,) = junk_is_rejected(runner.kata, runner)
    assert finding.problem.startswith(
        "this junk passes: it returns its argument in place of each tensor ('argument'). Add a check:"
    )
    runner = runner_of(make_kata(engine, solution, "assert encode(5) == 6 and decode(5)", "encode", "decode"))
    (finding,) = junk_is_rejected(runner.kata, runner)
    assert finding.problem == (
        "this junk passes: decode returns ones in every tensor ('ones'), decode returns the right numbers "
        "with the other sign ('negated'), decode returns its argument in place of each tensor ('argument'). "
        "Add a check: compare the answer with an independent one; or say in [[exempt]] of kata.toml why it "
        "is right here"
    )


def test_a_solution_that_does_not_load_is_reported_once(engine: Engine, runner_of: MakeRunner) -> None:
    """Where no junk can be judged nothing is claimed about it."""
    runner = runner_of(make_kata(engine, "import nowhere", "assert f()", "f"))
    (finding,) = junk_is_rejected(runner.kata, runner)
    assert finding.problem.startswith("the junk 'zeros' could not be judged: it is invalid: No module named")


def exempt(kata: Kata, name: str) -> Kata:
    """Return the kata with one more exemption."""
    with (kata.folder / "kata.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[exempt]]\njunk = "{name}"\nreason = "a test"\n')
    return Kata.load(kata.folder)
