"""Whatever goes wrong once a submission runs is a verdict with a sentence, and stands in the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from ml_katas.judging.client import Caller, LastResort
from ml_katas.judging.launch import OneCommand
from ml_katas.judging.protocol import request
from ml_katas.report import Report, Status
from ml_katas.support.records import replace

if TYPE_CHECKING:
    from conftest import Engine

TWO = '''
    def test_first():
        """It answers first."""
        assert {"bowl": 1}[first()] == 1

    def test_second():
        """It answers second."""
        assert second() == 2, "second is not 2"
'''


def told(report: Report) -> list[str]:
    """Return the report's status and those of its checks."""
    return [str(report.status), *(str(check.status) for check in report.checks)]


@pytest.fixture(scope="module")
def line() -> Iterator[Any]:
    """Yield a parent of its own, whose log can be read."""
    with OneCommand() as line:
        yield line


def log_of(line: Any) -> str:
    """Return what stands in the log of a parent."""
    line._log.seek(0)
    return str(line._log.read(), "utf-8") if "b" in line._log.mode else str(line._log.read())


def test_what_nobody_expected_is_a_verdict(engine: Engine, line: Any) -> None:
    """An exception out of the judge's own depths is a crash, not a silence; its traceback is in the log."""
    # A suite that breaks the judge while the verdict on a check is worded.
    breaks = """
        import pytest
        from ml_katas.judging.run import suite_run
        from submission import first, second

        def fail(*args, **kwargs):
            raise LookupError("\\x1b[31munforeseen")

        suite_run.verdict_of = fail
    """
    kata = engine.make_kata(dedent(breaks) + dedent(TWO), entry_points=("first", "second"))
    source = b"def first(): return 1\ndef second(): return 2\n"
    with LastResort() as last_resort:
        report = Caller(line, last_resort)(replace(request(kata, source, file_name="x.py"), diagnose=False))
    assert told(report) == ["crashed", "not_run", "not_run"]
    assert report.message == "The checker could not go on after what your code did (LookupError)."
    log = log_of(line)
    assert "Traceback" in log
    assert "LookupError: unforeseen" in log
    assert "\x1b" not in log


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("raise ValueError('no repr')", "the checker could not use what your code returned (KeyError)"),
        ("import os; os._exit(1)", "the checker could not use what your code returned (KeyError)"),
        ("return 3", "the checker could not use what your code returned (KeyError)"),
    ],
)
def test_a_representation_that_fails_hurts_nobody(engine: Engine, way: str, message: str) -> None:
    """The suite's exception holds an object that cannot be shown; the verdict stands all the same."""
    submission = f"""
        class Key:
            def __repr__(self):
                {way}

        def first():
            return Key()

        def second():
            return 2
    """
    report = engine.judge(TWO, submission, entry_points=("first", "second"))
    assert told(report) == ["failed", "failed", "passed"]
    assert report.checks[0].failure is not None
    assert report.checks[0].failure.message == message


def test_a_name_may_be_long(engine: Engine) -> None:
    """A global whose name has megabytes, or is no name at all, is nobody's business."""
    submission = """
        globals()["a" * 2_000_000] = globals()["not a name"] = globals()[7] = 1

        def first():
            return "bowl"

        def second():
            return 2
    """
    report = engine.judge(TWO, submission, entry_points=("first", "second"))
    assert told(report) == ["passed", "passed", "passed"]


def test_a_replaced_sandbox_that_answers_too_much_is_invalid(engine: Engine) -> None:
    """A submission whose answer to being loaded cannot cross is told so, at first and after a crash."""
    floods = """
        import gc
        import os
        import torch

        def first():
            os._exit(1)

        def second():
            return 2

        peers = [o for o in gc.get_objects() if type(o).__name__ == "LearnerPeer"]
        peer = next(p for p in peers if type(p.channel).__name__ == "Channel")  # not a rehearsal's
        reply = peer._reply
        if torch.initial_seed() {} 0:  # a sandbox that replaces another begins with the seed of a check
            peer._reply = lambda number, result, **how: reply(number, ["x" * 1000] * 19_000, **how)
    """
    first = engine.judge(TWO, floods.replace("{}", "=="), entry_points=("first", "second"))
    assert told(first) == ["invalid", "not_run", "not_run"]
    assert first.message.startswith("cannot be imported: it made more than 1 MiB of Python objects")
    later = engine.judge(TWO, floods.replace("{}", "!="), entry_points=("first", "second"))
    assert told(later) == ["invalid", "crashed", "invalid"]


def test_memory_that_a_callback_takes_is_bounded(engine: Engine) -> None:
    """What a submission has a suite's function compute is its own memory, and the checks after it go on."""
    submission = """
        import torch

        def first(f=None):
            return f(torch.zeros(400_000, 1)) if f else "bowl"

        def second():
            return 2
    """
    suite = TWO.replace('{"bowl": 1}[first()] == 1', "first(lambda z: (z - torch.zeros(2000)).sum()) is None")
    report = engine.judge(suite, submission, entry_points=("first", "second"), limits={"memory_mib": 512})
    assert told(report) == ["memory", "memory", "passed"]
    assert report.checks[0].failure is not None
    assert report.checks[0].failure.message == (
        "The checker needed more memory for what your code sent it than the limit of 512 MiB."
    )


def test_memory_that_sharing_takes_is_said(engine: Engine) -> None:
    """A submission that runs out of memory while it answers is told so, and the checks after it go on."""
    submission = """
        import torch

        kept = []

        def first(f):
            for _ in range(40):
                kept.append(torch.zeros(16 << 20, dtype=torch.uint8))
                f(kept[-1])

        def second():
            return 2
    """
    suite = TWO.replace('{"bowl": 1}[first()] == 1', "first(lambda z: z[0]) is None")
    report = engine.judge(suite, submission, entry_points=("first", "second"), limits={"memory_mib": 128})
    assert told(report) == ["memory", "memory", "passed"]


def test_time_that_a_callback_takes_is_bounded(engine: Engine) -> None:
    """A suite's function that a submission keeps busy ends at the submission's limit."""
    submission = """
        def first(f):
            f(10**9)

        def second():
            return 2
    """
    suite = TWO.replace('{"bowl": 1}[first()] == 1', "first(lambda n: sum(1 for _ in range(n))) is None")
    report = engine.judge(
        suite, submission, entry_points=("first", "second"), limits={"check_seconds": 0.5, "total_seconds": 2}
    )
    assert told(report) == ["timeout", "timeout", "not_run"]
    assert report.message == "Your code was still running after 0.5 s, the limit for one check."
    assert report.ms < 20_000  # counting to the end takes longer


def test_a_suite_that_a_submission_keeps_busy_is_not_broken(engine: Engine) -> None:
    """A suite that does not come back from what a submission returned is a timeout, no broken kata."""
    submission = """
        class Long:
            def __len__(self):
                return 2**62

        def first():
            return Long()

        def second():
            return 2
    """
    suite = TWO.replace('assert {"bowl": 1}[first()] == 1', "for _ in range(len(first())): pass")
    report = engine.judge(suite, submission, entry_points=("first", "second"), limits={"total_seconds": 0.5})
    assert (report.status, report.message) == (
        Status.TIMEOUT,
        "The checker was still at work on what your code did when its time was over.",
    )


def test_members_of_sets_are_plain(engine: Engine) -> None:
    """Nothing that decides itself what it equals may be in a set or a key; numbers, text and tensors may."""
    submission = """
        import dataclasses
        import torch

        @dataclasses.dataclass(frozen=True)
        class Record:
            value: int

        class Thing:
            pass

        def give(kind):
            p = torch.nn.Parameter(torch.ones(1))
            return {
                "plain": {1, "a", (2, frozenset({3})), None, 1.5, torch.float32},
                "tensors": {p: 1, (p, 2): 3},
                "record": {Record(1)},
                "nested": {(1, (2, Record(1))): 1},
                "thing": [{Thing(): 1}],
                "many": {tuple(range(n, n + 10)) for n in range(1500)},
            }[kind]
    """
    body = """
        assert give("plain") == {1, "a", (2, frozenset({3})), None, 1.5, torch.float32}
        assert sorted(give("tensors").values()) == [1, 3]
        give("{}")
    """
    wanted = {
        "record": "a set or dict with a Record for a member or key; use plain values",
        "nested": "a set or dict with a Record for a member or key; use plain values",
        "thing": "a set or dict with a Thing for a member or key; use plain values",
        "many": "a set or keys of a dict with more than 10000 parts; use tensors",
    }
    for kind, message in wanted.items():
        found = engine.check(body.replace("{}", kind), submission, entry_points=("give",))
        assert found == (Status.FAILED, f"your code made {message}")


def test_a_callback_says_what_it_was_passed(engine: Engine) -> None:
    """A wrong argument for a suite's function is the submission's error, with line and argument."""
    submission = """
        def first(gate, x):
            return gate(x.mT, k=[1])

        def second():
            return 2
    """
    suite = TWO.replace(
        'assert {"bowl": 1}[first()] == 1',
        "net = nn.Linear(3, 2)\n        first(lambda z, k: net(z), torch.zeros(4, 3))",
    )
    report = engine.judge(suite, submission, entry_points=("first", "second"))
    failure = report.checks[0].failure
    assert failure is not None
    assert (told(report), failure.kind) == (["error", "error", "passed"], "exception")
    assert failure.message == (
        "your code passed a float32 (3, 4) tensor, k=a list of 1 to a function of the checker, "
        "which could not use that (RuntimeError: mat1 and mat2 shapes cannot be multiplied (3x4 and 3x2))"
    )
    assert failure.at is not None
    assert failure.at.code == "return gate(x.mT, k=[1])"


def test_a_callback_that_is_asked_for_too_much_is_the_submissions_limit(engine: Engine) -> None:
    """An answer too large to cross is a limit of the submission, which chose the argument."""
    submission = """
        import torch

        def first(f):
            return f(torch.zeros(800_000))

        def second():
            return 2
    """
    suite = TWO.replace('{"bowl": 1}[first()] == 1', "first(lambda z: z[:, None].expand(-1, 100)) is None")
    report = engine.judge(suite, submission, entry_points=("first", "second"))
    assert told(report) == ["limit", "limit", "not_run"]
    assert report.message == (
        "Your code asked a function of the checker for 305 MiB of tensors; the limit is 256 MiB."
    )


def test_text_of_a_submission_is_clean_and_bounded(engine: Engine) -> None:
    """Names, messages and prints come without escape sequences, unseen signs and megabytes."""
    odd = r"\x1b[31mX\n\x1b]0;t\x07\u2028\ufeff\u202e\u200f\U000e0041"
    submission = f"""
        Odd = type("{odd}", (Exception,), {{}})

        def first():
            print("{odd}" * 1000)
            raise Odd("{odd}" + "y" * 900_000)

        def second():
            return type("{odd}", (), {{}})()
    """
    report = engine.judge(TWO, submission, entry_points=("first", "second"))
    texts = [report.message, report.output]
    for check in report.checks:
        texts += [check.output, check.failure.message if check.failure else ""]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200f\u2028\u202e\ufeff\U000e0041]", "".join(texts))
    assert max(len(text) for text in texts[2:]) <= 64 << 10
    assert all(len(check.failure.message) <= 8_000 for check in report.checks if check.failure)
    assert report.checks[0].failure is not None
    assert report.checks[0].failure.message.startswith("X \ufffd\ufffd\ufffd\ufffd\ufffd: ")
