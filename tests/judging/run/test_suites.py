"""What a suite may do, and how its checks become a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

    from ml_katas.report import Report


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


def test_a_suite_that_cannot_be_imported_says_why(engine: Engine) -> None:
    """The report of a suite that cannot be collected carries the reason."""
    report = engine.judge('import nowhere\ndef test_a():\n    """A."""\n    one()', GOOD)
    said = (report.status, report.message)
    assert said == (Status.BROKEN, "ModuleNotFoundError: No module named 'nowhere'")
