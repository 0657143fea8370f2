"""Exceptions of a submission are shown by the lines of the learner's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_katas.report import Failure, Frame

if TYPE_CHECKING:
    from conftest import Engine


def test_the_learners_frames_are_shown(engine: Engine) -> None:
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
    call = "outer(float32 (2, 3))"
    assert failure == Failure(kind="exception", message=message, at=frames[-1], traceback=frames, call=call)
