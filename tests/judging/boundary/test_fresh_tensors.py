"""What a callback returned behaves like any fresh tensor: in place, as a view, as a leaf, in autograd."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_katas.judging.boundary.judge_side import JudgePeer
from ml_katas.judging.boundary.learner_side import LearnerPeer
from ml_katas.judging.boundary.proxies import EntryPoint
from ml_katas.judging.boundary.rehearsal import Inwards
from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

PASSED = (Status.PASSED, "")

# A submission that does what it is asked with the results of a callback and says what it sees.
SUBMISSION = '''
import torch

STEPS = {
    "call": lambda f, t: f(t),
    "double": lambda f, t: t * 2,
    "row": lambda f, t: t[0],
    "flat": lambda f, t: t.view(-1),
    "turned": lambda f, t: t.mT,
    "part": lambda f, t: t.narrow(-1, 0, 1),
    "detached": lambda f, t: t.detach(),
    "data": lambda f, t: t.data,
    "copied": lambda f, t: t.clone(),
    "mul_": lambda f, t: t.mul_(2),
    "add_": lambda f, t: t.add_(t.detach()),
    "clamp_": lambda f, t: t.clamp_(-0.5),
    "fill one": lambda f, t: t.__setitem__(0, 1.5),
    "masked_fill_": lambda f, t: t.masked_fill_(t.detach() > 0, 0.25),
    "data in place": lambda f, t: t.data.mul_(3) and None,
    "no_grad in place": lambda f, t: torch.no_grad()(t.mul_)(1.5) and None,
    "detach_": lambda f, t: t.detach_(),
    "needs": lambda f, t: t.requires_grad_(True),
    "needs not": lambda f, t: t.requires_grad_(False),
    "retain": lambda f, t: t.retain_grad(),
    "hook": lambda f, t: t.register_hook(lambda grad: 2 * grad) and None,
    "t_": lambda f, t: t.t_(),
}


def run(f, x, program):
    """Take the steps one after the other, each with a tensor made so far; return what was seen."""
    seen, made = [], [*f(x)]
    for name, which in program:
        try:
            out = STEPS[name](f, made[which % len(made)])
        except (RuntimeError, IndexError) as error:
            seen.append(kind(error))
            continue
        for tensor in out if isinstance(out, tuple) else [out]:
            if isinstance(tensor, torch.Tensor) and tensor.dim() <= 2 and tensor.numel():
                made.append(tensor)
        seen.append([describe(tensor) for tensor in made])
    try:
        sum((n + 1) * t.sum() for n, t in enumerate(made) if t.requires_grad).backward()
    except (RuntimeError, AttributeError) as error:
        return [*seen, kind(error)], [t.detach() for t in made], None, None  # with half of the gradients
    leaves = [t.grad for t in made if t.is_leaf or t.retains_grad]
    return seen, [t.detach() for t in made], leaves, x.grad


def describe(t):
    return t.requires_grad, t.is_leaf, t.grad_fn is None, t.retains_grad, t._is_view()


def kind(error):
    return next(k.__name__ for k in type(error).__mro__ if not k.__name__.startswith("Remote"))
'''


@pytest.fixture(scope="module")
def call() -> Iterator[Callable[..., Any]]:
    """Yield a way to call the submission through the boundary, both ends of which are in this process."""
    asking, serving = Inwards(), Inwards()
    peer, learner = JudgePeer(asking), LearnerPeer(serving)
    asking.other, serving.other = learner, peer
    source = torch.frombuffer(bytearray(SUBMISSION.encode()), dtype=torch.uint8)
    peer.ask("load", {"source": source, "file_name": "fresh.py", "entry_points": ("run",)})
    yield lambda *args: peer.do("call", EntryPoint(peer, "run"), *args)
    sys.modules.pop("fresh", None)


def plainly() -> Callable[..., Any]:
    """Return the same function, called as in one program."""
    module: dict[str, Any] = {}
    exec(SUBMISSION, module)
    run: Callable[..., Any] = module["run"]
    return run


def given_function(weight: torch.Tensor, bias: torch.Tensor) -> Callable[..., Any]:
    """Return the suite's function, which gives a result of every kind: in the graph, and not."""
    return lambda z: (weight * z + bias, (z * bias).sum(0), 2 * z.detach())


def same(a: Any, b: Any) -> bool:
    """Return whether two observations are equal, tensors to the last bits."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return a.shape == b.shape and torch.allclose(a, b, rtol=1e-12, atol=1e-12, equal_nan=True)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


STEP = st.tuples(st.sampled_from(sorted(plainly().__globals__["STEPS"])), st.integers(0, 9))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(program=st.lists(STEP, min_size=1, max_size=7), needs=st.booleans())
def test_any_program_sees_what_it_would_see_in_one_program(
    call: Callable[..., Any], program: list[tuple[str, int]], needs: bool
) -> None:
    """Values, flags, views, errors and all gradients are those of plain PyTorch, step by step."""

    def outcome(run: Callable[..., Any]) -> Any:
        generator = torch.Generator().manual_seed(1)
        make = lambda: torch.randn(2, 3, dtype=torch.float64, generator=generator)  # noqa: E731
        weight, bias, x = make().requires_grad_(), make().requires_grad_(), make().requires_grad_(needs)
        seen = run(given_function(weight, bias), x, program)
        return seen, x.detach(), x.grad, weight.grad, bias.grad

    expected, found = outcome(plainly()), outcome(call)
    for what, a, b in zip(("seen", "x", "gradient of x", "weight", "bias"), expected, found, strict=True):
        assert same(a, b), (what, a, b)


def test_logits_of_a_gate_may_be_masked_in_place(engine: Engine) -> None:
    """masked_fill_, assignment by index, detach_, hooks and leaves work on what a suite's function gave."""
    submission = """
        import torch

        def masked(gate, x):
            logits = gate(x)
            keep = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, logits.topk(2).indices, True)
            logits.masked_fill_(~keep, float("-inf"))
            return logits.softmax(-1)

        def assigned(gate, x):
            logits = gate(x)
            logits[logits < logits.topk(2).values[:, -1:]] = float("-inf")
            return logits.softmax(-1)

        def pieces(f, x):
            a, b = f(x)
            a.add_(1).view(-1)[0] = 0
            b.register_hook(lambda grad: 2 * grad)
            b.relu_()
            return a.sum() + b.sum()

        def leaf(f, x):
            out = f(x).detach_().requires_grad_()
            (out * out).sum().backward()
            return out.grad - 2 * out.detach()
    """
    body = """
        net, x = nn.Linear(3, 5).double(), torch.randn(4, 3, dtype=torch.float64)
        for route in (masked, assigned):
            expected = net(x).topk(2).values.softmax(-1)
            found = route(lambda z: net(z), x)
            assert torch.allclose(found.topk(2).values, expected.sort(-1, descending=True).values)
            assert torch.allclose(route(net, x), found)
            (wanted,) = torch.autograd.grad(expected[:, 0].sum(), net.weight)
            (got,) = torch.autograd.grad(found.max(-1).values.sum(), net.weight)
            assert torch.allclose(got, wanted)
        x.requires_grad_()
        pieces(lambda z: (3 * z, z.exp()), x).backward()
        expected = 3 + 2 * x.detach().exp()
        expected[0, 0] -= 3
        assert torch.allclose(x.grad, expected)
        assert not leaf(lambda z: net(z), x.detach()).any()
    """
    assert engine.check(body, submission) == PASSED


def test_a_write_of_the_same_values_is_a_write(engine: Engine) -> None:
    """Autograd refuses a saved tensor that was written to, even where its values stayed the same."""
    submission = """
        import torch

        @torch.no_grad()
        def rewrite(x):
            x.mul_(1)

        @torch.no_grad()
        def look(x):
            x.data.mul_(1)
    """
    body = """
        x = torch.ones(2, requires_grad=True)
        y = (x * x).sum()
        look(x)
        y.backward(retain_graph=True)
        rewrite(x)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()
        assert x.tolist() == [1, 1] and x.grad.tolist() == [2, 2]
    """
    assert engine.check(body, submission) == PASSED
