"""A submission may be written in any way that PyTorch allows; what cannot work is refused in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

DOUBLES = "assert double(torch.ones(3)).tolist() == [2.0, 2.0, 2.0]"


def test_torchscript_finds_the_source(engine: Engine) -> None:
    """`torch.jit.script` compiles functions of the submission, whose file the sandbox cannot open."""
    submission = """
        import torch

        @torch.jit.script
        def twice(x: torch.Tensor) -> torch.Tensor:
            return x + x

        def double(x):
            return twice(x)
    """
    assert engine.check(DOUBLES, submission, entry_points=("double",)) == (Status.PASSED, "")


def test_an_entry_point_may_be_a_module(engine: Engine) -> None:
    """An instance of an nn.Module stands for a function, and gradients go through it."""
    submission = """
        import torch

        class Double(torch.nn.Module):
            def forward(self, x):
                return 2 * x

        double = Double()
    """
    suite = f"""
    {DOUBLES}
    x = torch.ones(2, requires_grad=True)
    double(x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    """
    assert engine.check(suite, submission, entry_points=("double",)) == (Status.PASSED, "")


def test_a_callback_under_vmap_is_refused_in_words(engine: Engine) -> None:
    """A function of the suite that is called inside torch.vmap is no crash: the sentence says what to do."""
    submission = """
        import torch

        def apply(f, x):
            return torch.vmap(f)(x)
    """
    status, message = engine.check("apply(lambda x: x + 1, torch.ones(2, 3))", submission)
    assert status is Status.FAILED
    assert message.endswith(
        "a tensor inside torch.vmap or torch.func; call it with whole tensors, outside of them"
    )
