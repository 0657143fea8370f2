"""Exceptions of a submission reach the suite as exceptions and the report as a line of the learner's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ml_katas.report import Failure, Frame, Status

if TYPE_CHECKING:
    from conftest import Engine

PASSED = (Status.PASSED, "")


def test_exceptions_are_raised_by_their_builtin_kind(engine: Engine) -> None:
    """pytest.raises finds builtin exceptions and, by their base, subclasses; str() is the message."""
    submission = """
        class ShapeError(ValueError):
            pass

        class Odd(Exception):
            def __str__(self):
                return "odd"

        def fail(kind, *args):
            raise (globals().get(kind) or getattr(__builtins__, kind, None) or __builtins__[kind])(*args)

        def convert():
            int("x")

        def index():
            return [][3]
    """
    body = """
        for kind in [ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, RuntimeError, OSError,
                     LookupError, AssertionError, AttributeError, NotImplementedError, ImportError]:
            with pytest.raises(kind) as caught:
                fail(kind.__name__, "some words")
            assert str(caught.value) == "some words"
        with pytest.raises(ValueError, match="wrong shape") as caught:
            fail("ShapeError", "wrong shape")
        with pytest.raises(Exception, match="odd"):
            fail("Odd")
        with pytest.raises(ValueError, match="invalid literal"):
            convert()
        with pytest.raises(IndexError):
            index()
        with pytest.raises(RuntimeError):
            fail("RecursionError")
        with pytest.raises(ValueError, match="reason"):
            fail("UnicodeDecodeError", "utf-8", b"x", 0, 1, "reason")
    """
    assert engine.check(body, submission) == PASSED


def test_the_wrong_exception_fails_the_check(engine: Engine) -> None:
    """Where the suite wants a ValueError, none and another kind are told apart."""
    submission = """
        def quiet():
            return 1

        def loud():
            raise KeyError("other")
    """
    body = """
        with pytest.raises(ValueError):
            {}()
    """
    none = (Status.FAILED, "an exception was expected and none came: ValueError")
    assert engine.check(body.format("quiet"), submission) == none
    assert engine.check(body.format("loud"), submission) == (Status.ERROR, "KeyError: other")


def test_the_learners_frames_are_told(engine: Engine) -> None:
    """An uncaught exception shows line, function and code of the learner's file, and no other file's."""
    submission = """\
        import torch

        def outer(x):
            return inner(x)

        def inner(x):
            return torch.matmul(x, x)
    """
    suite = '''
        def test_promise():
            """It keeps its promise."""
            outer(torch.ones(2, 3))
    '''
    failure = engine.judge(suite, submission).checks[0].failure
    frames = (Frame(4, "outer", "return inner(x)"), Frame(7, "inner", "return torch.matmul(x, x)"))
    message = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"
    assert failure == Failure(kind="exception", message=message, at=frames[-1], traceback=frames)


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        ("SystemExit(0)", "SystemExit: 0. A submission returns; it does not end the program."),
        ("SystemExit", "SystemExit. A submission returns; it does not end the program."),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("GeneratorExit", "GeneratorExit"),
        ("StopIteration(3)", "StopIteration: 3"),
        ("BaseException('bare')", "BaseException: bare"),
        ("pytest.skip.Exception('skipped')", "Skipped: skipped"),
        ("pytest.exit.Exception('left')", "Exit: left"),
        ("pytest.xfail.Exception('expected')", "XFailed: expected"),
        ("Ended(0, 'forged', final=False)", "Ended: forged"),
        ("ExceptionGroup('many', [ValueError(1)])", "ExceptionGroup: many (1 sub-exception)"),
        ("Unprintable()", "Unprintable: <no message: KeyError>"),
        ("ValueError('x' * (64 << 20))", "ValueError: " + "x" * 3000),
        ("ValueError(*['x'] * 3)", "ValueError: ('x', 'x', 'x')"),
        ("ValueError('\\x1b[31mred\\x07')", "ValueError: red"),
    ],
)
def test_no_exception_of_a_submission_passes_or_stops_the_judge(
    engine: Engine, raised: str, message: str
) -> None:
    """Whatever a submission raises is an error of that check, bounded and printable; the next check runs."""
    submission = f"""
        import pytest
        from ml_katas.judging.endings import Ended

        class Unprintable(Exception):
            def __str__(self):
                raise KeyError("no")

        def fail():
            raise {raised}

        def fine():
            return 1
    """
    suite = '''
        def test_first():
            """It fails."""
            fail()

        def test_second():
            """It passes."""
            assert fine() == 1
    '''
    report = engine.judge(suite, submission, entry_points=("fail", "fine"))
    first, second = report.checks
    assert report.status is first.status is Status.ERROR
    assert first.failure is not None
    assert (first.failure.message[:3000], second.status) == (message[:3000], Status.PASSED)
    assert len(first.failure.message) < 10_000


def test_a_suite_cannot_swallow_the_end_of_a_sandbox(engine: Engine) -> None:
    """`except Exception` in a suite does not hide that the sandbox is gone."""
    submission = """
        import os

        def leave():
            os._exit(0)
    """
    body = """
        try:
            leave()
        except Exception:
            pass
    """
    message = "Your code ended its process with exit code 0 while the checker waited for an answer."
    assert engine.check(body, submission) == (Status.CRASHED, message)


def test_swallowing_everything_does_not_pass(engine: Engine) -> None:
    """A check is crashed when its sandbox ended in it, even if the suite catches BaseException."""
    submission = """
        import os

        def leave():
            os._exit(0)
    """
    body = """
        try:
            leave()
        except BaseException:
            pass
    """
    assert engine.check(body, submission)[0] is Status.CRASHED


def test_an_exception_of_the_suite_on_an_odd_value_fails_the_check(engine: Engine) -> None:
    """Unpacking, indexing or comparing what a submission returned wrongly is the submission's failure."""
    submission = """
        def nothing():
            return None
    """
    status, message = engine.check("w, i = nothing()", submission)
    assert status is Status.FAILED
    assert message == (
        "the checker could not use what your code returned "
        "(TypeError: cannot unpack non-iterable NoneType object)"
    )
