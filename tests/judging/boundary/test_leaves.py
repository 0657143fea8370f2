"""Leaves behind a graph that the other side was never passed: gradients reach them, their values stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ml_katas.judging.boundary.judge_side import JudgePeer
from ml_katas.judging.boundary.proxies import EntryPoint
from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

PASSED = (Status.PASSED, "")
DIGS = """
import gc
import torch

peers = [o for o in gc.get_objects() if type(o).__name__ == "LearnerPeer"]
peer = next(p for p in peers if type(p.channel).__name__ == "Channel")  # not one that was rehearsed with


def dig(outputs):
    found, stack = [], [outputs.grad_fn]
    while stack:
        function = stack.pop()
        found += [function.variable] if hasattr(function, "variable") else []
        stack += [following for following, _ in getattr(function, "next_functions", ()) if following]
    return found
"""


def test_private_weights_do_not_cross(engine: Engine) -> None:
    """A callback's own leaves arrive without values; writing to them changes nothing in the suite."""
    submission = (
        DIGS
        + """
def spy_on(f, x):
    private = [leaf for leaf in dig(f(x)) if leaf is not x]
    seen = [float(leaf.abs().sum()) for leaf in private]
    shapes = sorted(tuple(leaf.shape) for leaf in private)
    for leaf in private:
        leaf.data = torch.full_like(leaf.data, 7.0)
        leaf.requires_grad_(False)
    f(x)
    return shapes, seen
"""
    )
    body = """
        teacher = nn.Linear(3, 2)
        before = [p.detach().clone() for p in teacher.parameters()]
        shapes, seen = spy_on(lambda z: teacher(z), torch.randn(4, 3, requires_grad=True))
        assert shapes == [(2,), (2, 3)] and not any(seen)
        assert all(torch.equal(a, b) for a, b in zip(teacher.parameters(), before))
        assert all(p.requires_grad and p.grad is None for p in teacher.parameters())
    """
    assert engine.check(body, submission, entry_points=("spy_on",)) == PASSED


def test_gradients_reach_private_leaves(engine: Engine) -> None:
    """What a submission's backward sends to a private leaf is added to the gradient that is there."""
    submission = """
        import torch

        def train(f, x, steps):
            for _ in range(steps):
                f(x).sum().backward()

        def by_grad(f, x):
            return torch.autograd.grad(f(x).sum(), x)[0]
    """
    body = """
        w, b = torch.randn(3, requires_grad=True), nn.Parameter(torch.zeros(3))
        x = torch.randn(3, requires_grad=True)
        w.grad = torch.ones(3)
        train(lambda z: w * z + b, x, 2)
        assert torch.allclose(w.grad, 1 + 2 * x.detach()) and torch.equal(b.grad, torch.full((3,), 2.0))
        train(lambda z: w * z + b, x, 1)
        assert torch.allclose(w.grad, 1 + 3 * x.detach()) and torch.equal(b.grad, torch.full((3,), 3.0))
        assert torch.allclose(by_grad(lambda z: w * z, x), w.detach())
        assert torch.allclose(w.grad, 1 + 3 * x.detach())
    """
    assert engine.check(body, submission) == PASSED


def test_a_private_leaf_may_be_passed_later(engine: Engine) -> None:
    """Passed alone, in a list or in a module, a leaf that was private arrives whole, as the same object."""
    submission = """
        kept = []

        def keep(f, x):
            kept.append(f(x))

        def total(thing):
            if hasattr(thing, "weight"):
                return thing.weight.sum() + thing.bias.sum()
            return (thing[0] if isinstance(thing, list) else thing).sum()

        def scale(p):
            p.data.mul_(2)

        def backward():
            kept.pop().sum().backward()
    """
    body = """
        for wrap in [lambda net: net, lambda net: net.weight, lambda net: [net.weight]]:
            net, x = nn.Linear(3, 2), torch.randn(4, 3)
            keep(lambda z: net(z), x)
            expected = net.weight.sum() + net.bias.sum() if wrap(net) is net else net.weight.sum()
            assert torch.allclose(total(wrap(net)), expected), wrap(net)
            was = net.weight.detach().clone()
            scale(net.weight)
            assert torch.equal(net.weight.detach(), 2 * was)
            backward()
            assert torch.allclose(net.weight.grad, x.sum(0).expand(2, 3), atol=1e-6)
            assert torch.allclose(total(wrap(net)).detach(), (
                net.weight.sum() + net.bias.sum() if wrap(net) is net else net.weight.sum()).detach())
    """
    assert engine.check(body, submission) == PASSED


def test_private_leaves_of_the_submission_train(engine: Engine) -> None:
    """A suite's backward and optimizers reach weights that a submission holds in a global or a closure."""
    submission = """
        import torch

        weight = torch.nn.Parameter(torch.ones(3))

        def predict(x):
            return (weight * x).sum()

        def gradient():
            return weight.grad

        def step():
            with torch.no_grad():
                weight.sub_(weight.grad)
            weight.grad = None

        def make():
            inner = torch.ones(2, requires_grad=True)
            return lambda x: (inner * x).sum()

        def the_weight():
            return weight
    """
    body = """
        x = torch.tensor([1.0, 2.0, 3.0])
        predict(x).backward()
        predict(x).backward()
        assert torch.equal(gradient(), 2 * x)
        step()
        assert predict(x).item() == (1 - 2 * x).mul(x).sum().item() and gradient() is None
        predict(x).backward()
        mirror = the_weight()
        assert torch.equal(mirror, 1 - 2 * x) and torch.equal(mirror.grad, x)
        (grad,) = torch.autograd.grad(make()(torch.ones(2, requires_grad=True)), mirror, allow_unused=True)
        assert grad is None
    """
    assert engine.check(body, submission) == PASSED


def test_a_reference_to_a_private_leaf_is_refused(engine: Engine) -> None:
    """A sandbox that hands a private leaf back, or claims new values for it, has corrupted the channel."""
    submission = (
        DIGS
        + """
def ask(f, x, how):
    private = next(leaf for leaf in dig(f(x)) if leaf is not x)
    shared = peer.shared.find(private)
    if how == "value":
        return f(private)
    if how == "list":
        return [private]
    shared.hollow, private.data = False, torch.zeros(2)
    return None
"""
    )
    body = """
        w, x = nn.Parameter(torch.randn(2)), torch.randn(2, requires_grad=True)
        ask(lambda z: w * z, x, "{}")
    """
    for how, what in {
        "value": "a reference to a tensor that was never passed",
        "list": "a reference to a tensor that was never passed",
        "change": "a change of a tensor that was never passed",
    }.items():
        status, message = engine.check(body.format(how), submission, entry_points=("ask",))
        assert status is Status.CRASHED
        assert message == f"The channel between your code and the checker was corrupted: {what}."


class Wire:
    """Both ends of a conversation in one process; what is sent is kept, and nothing is answered."""

    def __init__(self) -> None:
        self.payloads: list[int] = []

    def send(self, header: bytes, segments: tuple[bytes, ...] = ()) -> None:
        self.payloads.append(sum(len(segment) for segment in segments))

    def receive(self) -> tuple[dict[str, object], bytearray]:
        raise NotImplementedError


def test_a_tensor_crosses_once() -> None:
    """A new shared tensor is sent once, and not again while nothing changes."""
    wire = Wire()
    judge = JudgePeer(wire)  # type: ignore[arg-type]
    x = torch.randn(1000)
    values = {"operation": "call", "target": EntryPoint(judge, "f"), "args": (x, [x]), "kwargs": ()}
    for change in (lambda: None, lambda: None, lambda: x.add_(1)):
        change()
        judge.post("do", values, sharing=True)
    assert wire.payloads == [4000, 0, 4000]
