"""What does the work of an avoided name, by whatever road a submission comes to it."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
import torch

from ml_katas.judging.boundary import families
from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

    from ml_katas.report import Report

SUITE = '''
from submission import answer
import torch
from torch import nn
from ml_katas.testing import ship

def test_answers():
    """Answers with a softmax."""
    x = torch.randn(3, 4)
    assert torch.allclose(answer(x), x.softmax(-1), atol=1e-5)
'''
BY_HAND = "(x - x.amax(-1, True)).exp() / (x - x.amax(-1, True)).exp().sum(-1, True)"


def judged(
    engine: Engine,
    submission: str,
    *,
    avoid: tuple[str, ...] = ("torch.softmax",),
    suite: str = SUITE,
    files: dict[str, str] | None = None,
) -> Report:
    """Return the report on a submission for a kata that avoids these names."""
    plain = engine.make_kata(suite, entry_points=("answer",), files=files)
    facts = (plain.folder / "kata.toml").read_text()
    text = facts.replace(
        "entry_points", f"avoid = {str(list(avoid)).replace(chr(39), chr(34))}\nentry_points"
    )
    kata = engine.make_kata(suite, entry_points=("answer",), files={**(files or {}), "kata.toml": text})
    return engine.judge_kata(kata, dedent(submission).encode())


def sentence(entry: str, by: str = "") -> str:
    """Return what a learner is told of a use."""
    return (
        f"Your code uses {entry}{f', by way of {by}' if by else ''}; this kata asks you to write it yourself."
    )


ROADS = {
    "a private function": "torch._softmax(x, -1, False)",
    "an operation": "torch.ops.aten._softmax.default(x, -1, False)",
    "a result that is given": "torch.softmax(x, -1, out=torch.empty(3, 4))",
    "the module of functions": "torch._C._VariableFunctions.softmax(x, -1)",
    "the class behind tensors": "torch._C.TensorBase.softmax(x, -1)",
    "an alias": "(lambda nn: nn.Softmax(-1)(x))(torch.nn)",
    "an import by name": "__import__('torch.nn').nn.modules.activation.Softmax(-1)(x)",
    "masked tensors": "torch.masked.softmax(x, -1)",
    "the special functions": "vars(torch.special)['softmax'](x, -1)",
    "what a wrapper hides": "getattr(torch.softmax, '__wrapped__', torch.softmax)(x, -1)",
    "the references": "torch._refs.softmax(x, -1)",
    "a decomposition": "torch._decomp.decomposition_table[torch.ops.aten._softmax.default](x, -1, False)",
    "the kernel itself": "torch.library.get_kernel('aten::_softmax', 'CPU').call_boxed("
    "torch._C.DispatchKeySet(torch._C.DispatchKey.CPU), x, -1, False)",
    "vmap": "torch.vmap(lambda row: torch._softmax(row, 0, False))(x)",
    "inference mode": "torch.inference_mode()(lambda: torch._softmax(x, -1, False))().clone()",
    "another layout": "x.to_mkldnn().softmax(-1).to_dense()",
    "a compiled function": "torch.compile(lambda z: torch._softmax(z, -1, False), backend='eager')(x)",
    "a distribution": "torch.distributions.Categorical(logits=x).probs",
    "a thread": "__import__('concurrent.futures').futures.ThreadPoolExecutor(1)"
    ".submit(torch._softmax, x, -1, False).result()",
    "an intermediate language": "torch._C._create_function_from_graph('f', torch._C.parse_ir("
    "'graph(%x : Tensor):\\n  %d : int = prim::Constant[value=-1]()\\n  %n : NoneType = prim::Constant()\\n"
    "  %r : Tensor = aten::softmax(%x, %d, %n)\\n  return (%r)'))(x)",
}
STAND_INS = {
    "log_softmax": "torch.log_softmax(x, -1).exp()",
    "scaled_dot_product_attention": "torch.nn.functional.scaled_dot_product_attention("
    "torch.zeros(1, 1, 3, 1), torch.zeros(1, 1, 4, 1), torch.eye(4)[None, None], x[None, None])[0, 0]",
}


@pytest.mark.parametrize("road", ROADS)
def test_every_road_to_an_operation_is_watched(engine: Engine, road: str) -> None:
    """A right answer fails, with the name and the line, whatever the avoided thing was called by."""
    report = judged(engine, f"import torch\ndef answer(x):\n    return {ROADS[road]}\n")
    assert (report.status, report.checks[0].status) == (Status.FAILED, Status.PASSED)
    assert report.message == sentence("torch.softmax")
    assert (report.at.line if report.at else None) == (None if road == "a thread" else 3)


@pytest.mark.parametrize("by", STAND_INS)
def test_what_stands_in_for_an_avoided_name_is_reported(engine: Engine, by: str) -> None:
    """A softmax out of another operation fails too, and the sentence says out of which."""
    report = judged(engine, f"import torch\ndef answer(x):\n    return {STAND_INS[by]}\n")
    assert (report.status, report.message) == (Status.FAILED, sentence("torch.softmax", by))


def test_what_is_written_by_hand_passes(engine: Engine) -> None:
    """Exponentials and sums are nobody's softmax, and neither is a cross-entropy that is not avoided."""
    submission = f"""
        import torch

        def answer(x):
            torch.nn.functional.cross_entropy(x, torch.tensor([0, 1, 2]))
            return {BY_HAND}
    """
    allowed = judged(engine, submission, avoid=("torch.cumsum",))
    assert (allowed.status, allowed.message) == (Status.PASSED, "")


def test_a_kata_may_name_an_operation(engine: Engine) -> None:
    """An entry such as aten::cumsum is watched as it is, and is what the sentence names."""
    submission = f"""
        import torch

        def answer(x):
            x.cumsum(0)
            return {BY_HAND}
    """
    report = judged(engine, submission, avoid=("aten::cumsum",))
    assert (report.status, report.message) == (Status.FAILED, sentence("aten::cumsum"))


def test_a_class_and_a_function_of_pythons_are_watched_by_any_name(engine: Engine) -> None:
    """What has no operation of its own is watched where it is defined, whoever calls it."""
    submission = (
        """
        import torch
        from torch.nn import functional as G

        def answer(x):
            {}
            return """
        + BY_HAND
    )
    hidden = "vars(G)['norm' + 'alize'](x)", "vars(torch.optim)['A' + 'dam']([x.clone().requires_grad_()])"
    for use, entry in zip(hidden, ("torch.nn.functional.normalize", "torch.optim.Adam"), strict=True):
        report = judged(engine, submission.format(use), avoid=(entry,))
        assert (report.status, report.message) == (Status.FAILED, sentence(entry))
        assert report.at is not None


def test_what_the_suite_brings_is_not_the_submissions_use(engine: Engine) -> None:
    """A passed module, a callback, code that is shipped and torch's own gradients may use anything."""
    suite = SUITE.replace(
        "    x = torch.randn(3, 4)\n",
        "    ship('helpers.py')\n"
        "    x = torch.randn(3, 4, requires_grad=True)\n"
        "    given = nn.Sequential(nn.Linear(4, 4), nn.Softmax(-1)), lambda z: z.softmax(-1)\n"
        "    answer(x, *given).sum().backward()\n",
    )
    submission = f"""
        def answer(x, gate=None, call=None):
            if gate is not None:
                import helpers

                gate(x), call(x), helpers.soften(x)
                (gate(x).sum() + x.cumprod(0).sum()).backward()
            return {BY_HAND}
    """
    helpers = "def soften(x):\n    return x.softmax(-1)\n"
    report = judged(
        engine,
        submission,
        suite=suite,
        avoid=("torch.softmax", "aten::cumsum"),
        files={"helpers.py": helpers},
    )
    assert (report.status, report.message) == (Status.PASSED, "")


def test_a_use_inside_a_backward_of_ones_own_is_a_use(engine: Engine) -> None:
    """What a submission's own backward pass calls is called by the submission."""
    submission = f"""
        import torch

        class Own(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x + 0

            @staticmethod
            def backward(ctx, grad):
                return torch._softmax(grad, 0, False)

        def answer(x):
            Own.apply(torch.zeros(2, requires_grad=True)).sum().backward()
            return {BY_HAND}
    """
    report = judged(engine, submission)
    assert (report.status, report.message, report.at and report.at.line) == (
        Status.FAILED,
        sentence("torch.softmax"),
        11,
    )


def test_a_name_that_the_kata_does_not_avoid_is_not_repeated(engine: Engine) -> None:
    """What a sandbox says of uses is taken by the kata's own list, and by nothing else."""
    submission = f"""
        import gc

        for peer in [o for o in gc.get_objects() if type(o).__name__ == "LearnerPeer"]:
            peer._avoided += [["word " * 100_000, 1], ["torch.exp", 2], ["torch.softmax", 3]]

        def answer(x):
            return {BY_HAND}
    """
    report = judged(engine, submission)
    assert (report.status, report.message) == (Status.FAILED, sentence("torch.softmax"))


def test_code_of_any_depth_is_read(engine: Engine) -> None:
    """Hundreds of terms, of chained calls and of branches are read where something is avoided, and judged."""
    terms = " + ".join(["0"] * 1_200)
    chain = "x" + ".clone()" * 700
    branches = "if 0:\n        pass\n" + "    elif 0:\n        pass\n" * 900
    submission = f"def answer(x):\n    {branches}    y = {chain} + {terms}\n    return {BY_HAND}\n"
    for avoid in ((), ("torch.softmax",)):
        report = judged(engine, submission, avoid=avoid)
        assert (report.status, report.message) == (Status.PASSED, "")


def test_the_table_names_what_torch_has() -> None:
    """Every operation of the table of families is one that torch knows."""
    known = {name.partition(".")[0] for name in torch._C._dispatch_get_all_op_names()}
    named = {one for word in families._KERNELS.values() for one in word.split() if "::" in one}
    assert named - known == set()
    assert families.operations_of("torch.nn.LayerNorm")["aten::native_layer_norm"] == ""
    assert families.operations_of("torch.nn.Conv2d").keys() == families.operations_of("torch.conv1d").keys()
    assert families.operations_of("torch.optim.Adam") == {}
