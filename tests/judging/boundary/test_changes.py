"""What one side changes in place, the other side sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

PASSED = (Status.PASSED, "")


def test_changes_of_a_tensor_are_seen(engine: Engine) -> None:
    """add_, .data, indexing, a view, NumPy, resizing and requires_grad_ reach the suite's tensor."""
    submission = """
        import torch

        def change(x, how):
            with torch.no_grad():
                if how == "add_":
                    x.add_(1)
                elif how == "data":
                    x.data = x.data * 2
                elif how == "index":
                    x[0] = 9
                elif how == "view":
                    x.view(-1)[1:].mul_(3)
                elif how == "numpy":
                    x.numpy()[-1] = 5
                elif how == "resize":
                    x.resize_(1)
                elif how == "transpose":
                    x.unsqueeze_(0)
                elif how == "copy":
                    x = x.clone().add_(1)

        def quantise(p):
            p.requires_grad_(False)
            p.data = p.data.to(torch.int8)

        def flag(x):
            x.requires_grad_(not x.requires_grad)
    """
    body = """
        cases = {"add_": [2, 3, 4], "data": [2, 4, 6], "index": [9, 2, 3], "view": [1, 6, 9],
                 "numpy": [1, 2, 5], "resize": [1], "transpose": [[1, 2, 3]], "copy": [1, 2, 3]}
        for how, expected in cases.items():
            for x in [torch.tensor([1.0, 2, 3]), torch.tensor([1, 2, 3])]:
                change(x, how)
                assert x.tolist() == expected, (how, x)
        whole = torch.zeros(4)
        change(whole[1:3], "add_")
        x = torch.ones(2)
        flag(x)
        assert x.requires_grad
        flag(x)
        assert not x.requires_grad
        p = nn.Parameter(torch.ones(3))
        quantise(p)
        assert p.data.dtype == torch.int8 and not p.requires_grad
        p = nn.Parameter(torch.ones(3))
        change(p, "add_")
        change(p, "data")
        assert torch.equal(p.data, torch.full((3,), 4.0)) and p.requires_grad
    """
    assert engine.check(body, submission) == PASSED


def test_a_change_through_a_view_reaches_the_whole(engine: Engine) -> None:
    """A slice that is changed in place changes the tensor that it is a slice of."""
    submission = """
        def fill(x):
            x.fill_(7)
    """
    body = """
        whole = torch.zeros(2, 3)
        fill(whole[0])
        fill(whole[:, 1])
        assert torch.equal(whole, torch.tensor([[7.0, 7, 7], [0, 7, 0]]))
        fill(whole.T[2])
        assert torch.equal(whole, torch.tensor([[7.0, 7, 7], [0, 7, 7]]))
    """
    assert engine.check(body, submission) == PASSED


def test_gradients_are_exchanged(engine: Engine) -> None:
    """.grad that either side sets, fills, clears or changes in place is the other side's too."""
    submission = """
        import torch

        def read(p):
            return None if p.grad is None else p.grad.clone()

        def write(p, value):
            p.grad = value

        def clip(params, most):
            for p in params:
                p.grad.clamp_(-most, most)

        def zero(params):
            for p in params:
                p.grad = None

        def accumulate(p):
            (p * p).sum().backward()
    """
    body = """
        p = torch.ones(2, requires_grad=True)
        assert read(p) is None
        p.grad = torch.tensor([3.0, -4.0])
        assert torch.equal(read(p), p.grad)
        clip([p], 1.0)
        assert p.grad.tolist() == [1, -1]
        write(p, torch.full((2,), 5.0))
        assert p.grad.tolist() == [5, 5]
        p.grad.zero_()
        assert read(p).tolist() == [0, 0]
        accumulate(p)
        accumulate(p)
        assert p.grad.tolist() == [4, 4]
        zero([p])
        assert p.grad is None
        (3 * p).sum().backward()
        assert read(p).tolist() == [3, 3]
    """
    assert engine.check(body, submission) == PASSED


def test_an_optimizer_of_the_submission_trains_the_suites_module(engine: Engine) -> None:
    """Functions with state and optimizer classes step parameters of the suite exactly as torch does."""
    submission = """
        import torch

        @torch.no_grad()
        def momentum_step(p, grad, state, lr=0.1, beta=0.9):
            v = state.setdefault("v", torch.zeros_like(p))
            v.mul_(beta).add_(grad)
            p.sub_(lr * v)
            state["step"] = state.get("step", 0) + 1

        class Momentum:
            def __init__(self, params, lr=0.1, beta=0.9):
                self.params, self.lr, self.beta = list(params), lr, beta
                self.v = [torch.zeros_like(p) for p in self.params]

            @torch.no_grad()
            def step(self):
                for p, v in zip(self.params, self.v):
                    if p.grad is not None:
                        v.mul_(self.beta).add_(p.grad)
                        p.add_(v, alpha=-self.lr)

            def zero_grad(self):
                for p in self.params:
                    p.grad = None

        class Real(torch.optim.Optimizer):
            def __init__(self, params, lr=0.1):
                super().__init__(params, {"lr": lr})

            @torch.no_grad()
            def step(self):
                for group in self.param_groups:
                    for p in group["params"]:
                        v = self.state[p].setdefault("v", torch.zeros_like(p))
                        v.mul_(0.9).add_(p.grad)
                        p.add_(v, alpha=-group["lr"])
    """
    body = """
        x, y = torch.randn(8, 3), torch.randn(8, 2)

        def train(make):
            torch.manual_seed(1)
            net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
            optimizer = make(net.parameters())
            for _ in range(6):
                optimizer.zero_grad()
                (net(x) - y).pow(2).mean().backward()
                optimizer.step()
            return nn.utils.parameters_to_vector(net.parameters()).detach()

        expected = train(lambda p: torch.optim.SGD(p, 0.1, momentum=0.9))
        assert torch.allclose(train(Momentum), expected, atol=1e-6)
        assert torch.allclose(train(Real), expected, atol=1e-6)
        p, q, state = torch.ones(2), torch.ones(2, requires_grad=True), {}
        reference = torch.optim.SGD([q], 0.1, momentum=0.9)
        for _ in range(4):
            q.grad = torch.tensor([1.0, -2.0])
            reference.step()
            momentum_step(p, q.grad, state)
        assert torch.allclose(p, q.detach()) and state["step"] == 4 and set(state) == {"v", "step"}
        state["v"].zero_()
        momentum_step(p, torch.ones(2), state)
        assert torch.equal(state["v"], torch.ones(2))
    """
    assert engine.check(body, submission) == PASSED


def test_containers_are_shared(engine: Engine) -> None:
    """Lists, dicts and sets stay equal whoever changes them, nested ones and new tensors included."""
    submission = """
        import torch

        kept = []

        def change(items, table, unique):
            items.append(torch.ones(2))
            items[0] = "new"
            table["cache"] = {"k": torch.zeros(1), "deep": [1]}
            table.pop("old", None)
            unique.add(5)
            unique.discard(1)

        def deeper(table):
            table["cache"]["deep"].append(2)
            table["cache"]["k"].add_(1)

        def keep(x):
            kept.append(x)

        def last():
            return kept[-1]

        def add_to_kept():
            kept[-1].append("later")

        def swap(items):
            items.sort()
            items.reverse()
            del items[0]
    """
    body = """
        items, table, unique = [1, 2], {"old": 1}, {1, 2}
        change(items, table, unique)
        assert items[:2] == ["new", 2] and torch.equal(items[2], torch.ones(2)) and unique == {2, 5}
        assert set(table) == {"cache"}
        cache = table["cache"]
        deeper(table)
        assert table["cache"] is cache and cache["deep"] == [1, 2] and cache["k"].item() == 1
        cache["deep"].clear()
        cache["k"].fill_(4)
        deeper(table)
        assert cache["deep"] == [2] and cache["k"].item() == 5
        mine = [1]
        keep(mine)
        assert last() is mine
        mine.append(2)
        assert last() == [1, 2]
        add_to_kept()
        assert mine == [1, 2, "later"]
        numbers = [3, 1, 2]
        swap(numbers)
        assert numbers == [2, 1]
        loop = []
        loop.append(loop)
        keep(loop)
        assert last() is loop and last()[0] is loop
    """
    assert engine.check(body, submission) == PASSED


def test_a_cache_keeps_its_graph(engine: Engine) -> None:
    """Tensors of a graph that a submission keeps in a shared dict still lead back to their parameters."""
    submission = """
        import torch

        def step(x, w, cache):
            cache.setdefault("k", []).append(x * w)
            return cache, torch.stack(cache["k"]).sum()

        def total(parts):
            return sum(parts)
    """
    body = """
        w, x, cache = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0), {}
        for n in range(3):
            same, out = step(x, w, cache)
            assert same is cache and out.item() == 6 * (n + 1)
        first = cache["k"][0]
        out.backward()
        assert w.grad.item() == 9 and [k.item() for k in cache["k"]] == [6, 6, 6] and cache["k"][0] is first
        w.grad = None
        total(cache["k"][1:]).backward()
        assert w.grad.item() == 6
    """
    assert engine.check(body, submission) == PASSED


def test_an_unsent_change_of_a_dropped_part_is_not_lost(engine: Engine) -> None:
    """A suite may change part of an object without keeping hold of it."""
    submission = """
        import torch

        class Box:
            def __init__(self):
                self.items, self.weight = [], torch.zeros(2)

            def read(self):
                return list(self.items), self.weight + 0
    """
    body = """
        box = Box()
        box.items.append(torch.ones(1))
        box.items.append([1])
        box.weight.fill_(3.0)
        items, weight = box.read()
        assert len(items) == 2 and items[1] == [1] and weight.tolist() == [3, 3]
        box.items[1].append(2)
        assert box.read()[0][1] == [1, 2]
    """
    assert engine.check(body, submission) == PASSED


def test_identity_survives(engine: Engine) -> None:
    """An argument that is returned, alone or inside something, is the very object of the suite."""
    submission = """
        kept = {}

        def same(x):
            return x

        def twice(x):
            return x, [x], {"x": x}

        def are_same(a, b):
            return a is b

        def keep(x):
            kept["x"] = x

        def kept_is(x):
            return kept["x"] is x
    """
    body = """
        leaf, parameter = torch.ones(2, requires_grad=True), nn.Parameter(torch.ones(1))
        for thing in [torch.ones(2), leaf, parameter, [1], {"a": 1}, {1}, nn.Linear(1, 1), nn.ReLU()]:
            assert same(thing) is thing, thing
            a, (b,), c = twice(thing)
            assert a is b is c["x"] is thing
            assert are_same(thing, thing) and are_same(*[thing] * 2)
            keep(thing)
            assert kept_is(thing)
        assert not are_same(torch.ones(2), torch.ones(2))
        x = torch.ones(2, requires_grad=True)
        y = 2 * x
        assert torch.equal(same(y), y)
    """
    assert engine.check(body, submission) == PASSED


@pytest.mark.parametrize("change", ["x.add_(1)", "x.data.add_(1)", "x[0] = 5"])
def test_a_tensor_in_a_graph_may_not_change(engine: Engine, change: str) -> None:
    """Changing in place an argument in the middle of a graph fails with a sentence that says what to do."""
    submission = f"""
        import torch

        def change(x):
            with torch.no_grad():
                {change}
            return x.sum()
    """
    body = "change(2 * torch.ones(3, requires_grad=True))"
    message = (
        "your code made an in-place change of a tensor that needs gradients; work on a copy, `x.clone()`"
    )
    assert engine.check(body, submission) == (Status.FAILED, message)


def test_changing_a_leaf_in_place_is_torchs_error(engine: Engine) -> None:
    """A leaf that requires gradients refuses add_ outside no_grad, in torch's own words."""
    submission = """
        def change(x):
            x.add_(1)
    """
    status, message = engine.check("change(torch.ones(3, requires_grad=True))", submission)
    wanted = "RuntimeError: a leaf Variable that requires grad is being used in an in-place operation."
    assert (status, message) == (Status.ERROR, wanted)


def test_autograd_notices_changes_across_the_boundary(engine: Engine) -> None:
    """A tensor saved for backward on one side and changed on the other is refused as in one program."""
    submission = """
        import torch

        def square(x):
            return x * x

        @torch.no_grad()
        def bump(x):
            x.add_(1)
    """
    body = """
        x = torch.ones(2, requires_grad=True)
        y = square(x).sum()
        with torch.no_grad():
            x.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()
        y = (x * x).sum()
        bump(x)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()
    """
    assert engine.check(body, submission) == PASSED


def test_unchanged_says_which_argument_changed(engine: Engine) -> None:
    """`unchanged` passes what is left alone, NaN included, and names what is not."""
    submission = """
        import torch

        def look(*things):
            return len(things)

        def spoil(x, module):
            with torch.no_grad():
                module.weight.zero_()
            return x

        def sneaky(x):
            x.data.add_(0.5)
    """
    body = """
        x, module = torch.tensor([1.0, math.nan]), nn.Linear(2, 2)
        with unchanged(x, module, [x, {"a": 1}]):
            look(x, module, [x])
        with pytest.raises(AssertionError, match="your code changes its argument 1 in place"):
            with unchanged(x):
                sneaky(x)
        with unchanged(x, module):
            spoil(x, module)
    """
    message = "your code changes weight of its argument 2 in place"
    assert engine.check(body, submission) == (Status.FAILED, message)
