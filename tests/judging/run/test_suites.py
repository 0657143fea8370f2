"""What a suite may do, and how its checks become a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

    from ml_katas.report import Report

PASSED = (Status.PASSED, "")


def statuses(report: Report) -> dict[str, str]:
    """Return each check's status by its name."""
    return {check.name: str(check.status) for check in report.checks}


def messages(report: Report) -> dict[str, str]:
    """Return the message of each check that has a failure."""
    return {check.name: check.failure.message for check in report.checks if check.failure}


GOOD = """
    def one():
        return 1
"""


def test_instances_of_a_check_fold_into_it(engine: Engine) -> None:
    """Parametrized instances are one check: it passes when all do, and shows the first failure."""
    submission = """
        def square(x):
            return x * x if x < 3 else 0
    """
    suite = '''
        @pytest.mark.parametrize("x", [1, 2, 3, 4])
        @pytest.mark.parametrize("sign", [1, -1])
        def test_squares(x, sign):
            """Squares are right."""
            assert square(sign * x) == x * x, f"{sign * x}"

        @pytest.mark.parametrize("x", [0, 1])
        def test_small(x):
            """Small ones are right."""
            assert square(x) == x
    '''
    report = engine.judge(suite, submission)
    assert statuses(report) == {"test_squares": "failed", "test_small": "passed"}
    assert messages(report) == {"test_squares": "3"}
    assert (report.passed, report.total) == (1, 2)
    assert [check.sentence for check in report.checks] == ["Squares are right", "Small ones are right"]


def test_a_check_waits_for_a_coarser_one(engine: Engine) -> None:
    """After a failed check the ones that wait for it are not run, nor those that wait for them."""
    submission = """
        def one():
            return 2
    """
    suite = '''
        def test_value():
            """It is one."""
            assert one() == 1, "not one"

        @after("test_value")
        def test_finer():
            """It is fine."""

        @after("test_finer")
        def test_finest():
            """It is finest."""

        def test_other():
            """It is an int."""
            assert isinstance(one(), int)
    '''
    report = engine.judge(suite, submission)
    assert statuses(report) == {
        "test_value": "failed", "test_finer": "not_run", "test_finest": "not_run", "test_other": "passed",
    }  # fmt: skip
    assert messages(report) == {
        "test_value": "not one", "test_finer": "waits for 'It is one'",
        "test_finest": "waits for 'It is fine'",
    }  # fmt: skip
    assert report.status is Status.FAILED


def test_fixtures_work(engine: Engine) -> None:
    """Fixtures of any scope, tmp_path, monkeypatch and autouse ones work, and call the submission."""
    suite = '''
        calls = []

        @pytest.fixture(scope="module")
        def answer():
            calls.append(1)
            yield one()

        @pytest.fixture(autouse=True)
        def around(monkeypatch):
            monkeypatch.setenv("X", "1")

        @pytest.mark.parametrize("n", [1, 2])
        def test_answer(answer, n):
            """It answers."""
            assert (answer, len(calls)) == (1, 1)

        def test_raises(request):
            """It approximates."""
            assert one() == pytest.approx(1.0) and request.node.name == "test_raises"
    '''
    report = engine.judge(suite, GOOD)
    assert (report.status, messages(report)) == (Status.PASSED, {})


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ('def test_b():\n    """B."""\n    one(); pytest.skip("not today")', "the suite skipped this check"),
        ('@pytest.mark.skip\ndef test_b():\n    """B."""\n    assert one() == 2', ""),
        ('@pytest.mark.xfail\ndef test_b():\n    """B."""\n    assert one() == 2', ""),
        ('def test_b():\n    """B."""\n    one(); pytest.exit("bye", 0)', ""),
        ('def test_b():\n    """B."""\n    one(); raise SystemExit(0)', ""),
        ('def test_b():\n    """B."""\n    one(); raise KeyboardInterrupt', ""),
        ('def test_b():\n    """B."""\n    one(); import os; os._exit(0)', ""),
        ('def test_b():\n    """B."""\n    one(); pytest.xfail("known")', ""),
        ('@pytest.mark.parametrize("x", [])\ndef test_b(x):\n    """B."""\n    one()', ""),
        ('def test_b(missing):\n    """B."""\n    one()', ""),
        ('def test_b():\n    """B."""\n    one()\ndel test_b', ""),
        ('import nowhere\ndef test_b():\n    """B."""', ""),
        ('1 / 0\ndef test_b():\n    """B."""', ""),
        ('pytest.skip("all", allow_module_level=True)\ndef test_b():\n    """B."""', ""),
        ('def test_b():\n    """B."""\n    1 / 0', ""),
        ('from submission import two\ndef test_b():\n    """B."""\n    one()', ""),
        ('async def helper(): ...\ndef test_b():\n    """B."""\n    one(); raise RuntimeError("suite")', ""),
    ],
)
def test_a_suite_that_does_not_check_never_passes(engine: Engine, extra: str, message: str) -> None:
    """Skips, xfails, exits, empty parameters, missing fixtures and errors never make a report pass."""
    suite = 'def test_a():\n    """A."""\n    assert one() == 1\n\n' + extra
    report = engine.judge(suite, GOOD)
    allowed = {Status.BROKEN, Status.FAILED}  # what a suite's own exception after a call is
    assert report.status in allowed
    assert message in messages(report).get("test_b", "")
    assert statuses(report).get("test_b") != "passed"


def test_prints_are_shown_under_the_check_that_printed(engine: Engine) -> None:
    """Both streams are kept with their check, escape sequences removed, 64 KiB at most."""
    submission = """
        import sys

        def say(text, n=1):
            print(text * n)
            print("to stderr", file=sys.stderr)

        print("at import")
    """
    suite = '''
        def test_a():
            """It says a."""
            say("hello \\033[31mred\\033[0m \\x07bell")

        def test_b():
            """It says nothing."""

        def test_c():
            """It says much."""
            say("x" * 1000, 1000)
    '''
    report = engine.judge(suite, submission)
    a, b, c = (check.output for check in report.checks)
    assert (a, b) == ("at import\nhello red bell\nto stderr\n", "")
    assert c.startswith("xxx")
    assert len(c) <= 64 << 10
    assert report.status is Status.PASSED


def test_a_seed_replays_a_run(engine: Engine) -> None:
    """The same seed gives both sides the same numbers again, another seed others, and the sides differ."""
    submission = """
        import random
        import numpy as np
        import torch

        def draw():
            return torch.rand(()).item(), random.random(), float(np.random.rand())
    """
    suite = '''
        import random

        def test_a():
            """It draws."""
            assert False, (torch.rand(()).item(), random.random(), float(np.random.rand()), *draw())

        def test_b():
            """It draws."""
            assert False, (torch.rand(()).item(), *draw())
    '''
    first, again, other = (
        messages(engine.judge(suite, submission, seed=s)) for s in ("7f3a", "7f3a", "7f3b")
    )
    assert first == again
    assert first["test_a"] != other["test_a"]
    assert first["test_b"] != other["test_b"]
    numbers = first["test_a"].strip("()").split(", ")
    assert len(set(numbers)) == 6
    alone = engine.judge(suite[suite.index("def test_b") - 8 :], submission, seed="7f3a")
    assert messages(alone)["test_b"] == first["test_b"]


def test_both_sides_can_be_seeded(engine: Engine) -> None:
    """`seeded` gives a submission and the suite the same numbers each time; `rng_unchanged` sees a draw."""
    submission = """
        import torch

        def draw(n):
            return torch.rand(n)

        def reseed():
            torch.manual_seed(0)

        def own(n):
            return torch.rand(n, generator=torch.Generator().manual_seed(0))
    """
    body = """
        with seeded(3):
            mine, yours = torch.rand(2), draw(2)
        with seeded(3):
            assert torch.equal(torch.rand(2), mine) and torch.equal(draw(2), yours)
        with seeded(4):
            assert not torch.equal(draw(2), yours)
        assert not torch.equal(mine, yours)
        before = torch.get_rng_state()
        with rng_unchanged():
            own(2)
        reseed()
        assert torch.equal(before, torch.get_rng_state())
        with rng_unchanged():
            draw(1)
    """
    message = "your code changes the state of the global random generator"
    assert engine.check(body, submission) == (Status.FAILED, message)


def test_helpers_can_be_shipped(engine: Engine) -> None:
    """`ship` lets a submission import public helper code of the kata by its name, also after a crash."""
    submission = """
        import os

        def use(x):
            import toy
            return toy.double(x)

        def crash():
            os._exit(1)
    """
    suite = '''
        ship("toy.py")

        def test_crash():
            """It crashes."""
            crash()

        def test_use():
            """It uses the helper."""
            assert use(4) == 8
    '''
    report = engine.judge(suite, submission, files={"toy.py": "def double(x):\n    return 2 * x\n"})
    assert statuses(report) == {"test_crash": "crashed", "test_use": "passed"}


def test_nothing_of_a_kata_can_be_imported(engine: Engine) -> None:
    """suite.py, solution.py and pytest's session are out of a submission's reach."""
    submission = """
        import importlib
        import gc
        import sys

        def look():
            found = []
            for name in ("suite", "solution", "conftest"):
                try:
                    importlib.import_module(name)
                    found.append(name)
                except ImportError:
                    pass
            found += [name for name in ("suite", "solution", "test_promise") if name in sys.modules]
            kinds = {type(thing).__name__ for thing in gc.get_objects()}
            return found + sorted(kinds & {"Session", "SuiteRun", "Kata", "Suite"})
    """
    assert engine.check("assert look() == []", submission) == PASSED


def test_a_long_suite_stays_in_step(engine: Engine) -> None:
    """Six hundred calls with tensors, lists and gradients end within the time of one check."""
    submission = """
        def scale(x, factors):
            factors.append(1)
            return x * len(factors)
    """
    body = """
        factors, total = [], 0
        for n in range(1, 301):
            x = torch.ones(3, requires_grad=True)
            scale(x, factors).sum().backward()
            assert x.grad[0] == n == len(factors)
    """
    assert engine.check(body, submission, limits={"check_seconds": 20, "total_seconds": 30}) == PASSED


def test_a_suite_that_cannot_be_imported_says_why(engine: Engine) -> None:
    """The report of a suite that cannot be collected carries the reason."""
    report = engine.judge('import nowhere\ndef test_a():\n    """A."""\n    one()', GOOD)
    said = (report.status, report.message)
    assert said == (Status.BROKEN, "ModuleNotFoundError: No module named 'nowhere'")
