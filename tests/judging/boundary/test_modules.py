"""Modules cross both ways: a submission's are real modules of the suite, a suite's arrive whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

PASSED = (Status.PASSED, "")
NET = """
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self, width, out=1):
            super().__init__()
            self.first = nn.Linear(width, 5)
            self.norm = nn.BatchNorm1d(5)
            self.second = nn.Linear(5, out)
            self.scale = nn.Parameter(torch.ones(1))
            self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
            self.width = width

        def forward(self, x):
            if self.training:
                self.steps += 1
            return self.scale * self.second(torch.tanh(self.norm(self.first(x))))
"""
LOCAL = """
    class Local(nn.Module):
        def __init__(self, width, out=1):
            super().__init__()
            self.first = nn.Linear(width, 5)
            self.norm = nn.BatchNorm1d(5)
            self.second = nn.Linear(5, out)
            self.scale = nn.Parameter(torch.ones(1))
            self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

        def forward(self, x):
            if self.training:
                self.steps += 1
            return self.scale * self.second(torch.tanh(self.norm(self.first(x))))
"""


def test_a_module_of_the_submission_is_a_real_module(engine: Engine) -> None:
    """isinstance, parameters, buffers, submodules, state_dict, modes and attributes are the module's."""
    body = """
        net = Net(3)
        assert isinstance(net, nn.Module) and isinstance(net, Net) and not isinstance(nn.Linear(1, 1), Net)
        assert [(n, tuple(p.shape)) for n, p in net.named_parameters()] == [
            ("scale", (1,)), ("first.weight", (5, 3)), ("first.bias", (5,)),
            ("norm.weight", (5,)), ("norm.bias", (5,)),
            ("second.weight", (1, 5)), ("second.bias", (1,))]
        assert all(isinstance(p, nn.Parameter) and p.is_leaf and p.requires_grad for p in net.parameters())
        assert [n for n, _ in net.named_buffers()] == [
            "steps", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]
        assert [n for n, _ in net.named_modules()] == ["", "first", "norm", "second"]
        assert list(net.state_dict()) == [
            "scale", "steps", "first.weight", "first.bias", "norm.weight", "norm.bias", "norm.running_mean",
            "norm.running_var", "norm.num_batches_tracked", "second.weight", "second.bias"]
        assert net.width == 3 and net.training and net.first is net.first
        assert net.first.weight is dict(net.named_parameters())["first.weight"]
        assert tuple(net.first(torch.ones(2, 3)).shape) == (2, 5) and net.first.in_features == 3
        assert "Linear(in_features=3, out_features=5" in repr(net)
        net(torch.randn(4, 3))
        assert net.steps.item() == 1 and net.norm.num_batches_tracked.item() == 1
        assert net.eval() is net and not net.training and not net.norm.training
        net(torch.randn(4, 3))
        assert net.steps.item() == 1 and net.train() is net and net.norm.training
        net.width = 7
        assert net.width == 7
        with pytest.raises(AttributeError):
            net.missing
        assert not hasattr(net, "missing") and hasattr(net, "width")
    """
    assert engine.check(body, NET) == PASSED


@pytest.mark.parametrize(
    "optimizer", ["SGD(m.parameters(), 0.1, momentum=0.9)", "AdamW(m.parameters(), 0.05)"]
)
def test_training_through_the_boundary_is_training(engine: Engine, optimizer: str) -> None:
    """Ten steps of a suite's optimizer leave the same parameters, buffers and losses as a local module's."""
    suite = f'''
{LOCAL}
        def train(m, x, y):
            losses, optimizer = [], torch.optim.{optimizer}
            for _ in range(10):
                optimizer.zero_grad()
                loss = (m(x) - y).pow(2).mean()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        def test_promise():
            """It keeps its promise."""
            x, y = torch.randn(16, 3), torch.randn(16, 1)
            far, near = Net(3), Local(3)
            near.load_state_dict(far.state_dict())
            ours, theirs = train(near, x, y), train(far, x, y)
            assert ours == theirs and theirs[-1] < theirs[0]
            for name, value in near.state_dict().items():
                assert torch.equal(value, far.state_dict()[name]), name
            assert torch.equal(near.eval()(x), far.eval()(x))
    '''.replace(LOCAL, LOCAL.replace("\n", "\n    "))
    report = engine.judge(suite, NET)
    assert (report.checks[0].status, report.checks[0].failure) == (Status.PASSED, None)


def test_state_is_loaded_copied_and_frozen(engine: Engine) -> None:
    """load_state_dict, deepcopy, requires_grad_, zero_grad, double and in-place changes reach the module."""
    body = """
        net = Net(3)
        x = torch.randn(4, 3)
        other = Net(3)
        other.load_state_dict(net.state_dict())
        net.eval(), other.eval()
        assert torch.equal(net(x), other(x))
        twin = deepcopy(net)
        assert isinstance(twin, nn.Module) and twin is not net and torch.equal(twin(x), net(x))
        with torch.no_grad():
            net.scale.mul_(2)
            net.first.weight.data.zero_()
            net.second.bias.copy_(torch.tensor([3.0]))
        assert not torch.equal(twin(x), net(x)) and torch.equal(net(x)[0], net(x)[1])
        net.requires_grad_(False)
        assert not net(x).requires_grad
        net.second.bias.requires_grad_(True)
        net(x).sum().backward()
        assert net.second.bias.grad.item() == 8 and net.scale.grad is None
        net.zero_grad()
        assert net.second.bias.grad is None
        net.double()
        assert net(x.double()).dtype == torch.float64 and net.steps.dtype == torch.int64
        nn.init.ones_(net.scale)
        assert torch.equal(net.scale, torch.ones(1, dtype=torch.float64))
    """
    assert engine.check(body, NET) == PASSED


def test_modules_of_a_submission_fit_into_the_suites_own(engine: Engine) -> None:
    """Sequential, ModuleList and clip_grad_norm_ take a submission's modules like any other."""
    submission = """
        import torch
        from torch import nn

        class Swish(nn.Module):
            def forward(self, x):
                return x * torch.sigmoid(x)

        class Affine(nn.Module):
            def __init__(self, n):
                super().__init__()
                self.weight = nn.Parameter(torch.ones(n))

            def forward(self, x):
                return x * self.weight
    """
    body = """
        model = nn.Sequential(nn.Linear(3, 4), Swish(), Affine(4))
        x = torch.randn(5, 3)
        hidden = model[0](x)
        assert torch.allclose(model(x), hidden * hidden.sigmoid())
        assert len(list(model.parameters())) == 3
        model(x).sum().backward()
        assert all(p.grad is not None for p in model.parameters())
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        model.train(False)
        assert not model[2].training
        assert sum(p.numel() for p in model.parameters()) == 12 + 4 + 4
        assert torch.equal(nn.utils.parameters_to_vector(model[2].parameters()), torch.ones(4))
        out = model.apply(lambda m: None)
        assert out is model
        assert isinstance(nn.ModuleList([Affine(2), Swish()])[0], Affine)
    """
    assert engine.check(body, submission) == PASSED


def test_a_wrapped_layer_is_trained_in_place(engine: Engine) -> None:
    """A LoRA around a suite's Linear keeps the layer itself, freezes it and trains only what it adds."""
    submission = """
        import torch
        from torch import nn

        class LoRA(nn.Module):
            def __init__(self, base, rank):
                super().__init__()
                self.base = base
                for p in base.parameters():
                    p.requires_grad_(False)
                self.a = nn.Parameter(torch.randn(rank, base.in_features))
                self.b = nn.Parameter(torch.zeros(base.out_features, rank))

            def forward(self, x):
                return self.base(x) + x @ self.a.T @ self.b.T

            @torch.no_grad()
            def merge(self):
                self.base.weight += self.b @ self.a
                del self.a, self.b
                self.forward = self.base.forward
    """
    body = """
        base = nn.Linear(4, 3)
        start = base.weight.detach().clone()
        lora = LoRA(base, 2)
        x, y = torch.randn(8, 4), torch.randn(8, 3)
        assert lora.base is base and not base.weight.requires_grad
        assert [n for n, p in lora.named_parameters() if p.requires_grad] == ["a", "b"]
        assert torch.equal(lora(x), base(x))
        optimizer = torch.optim.Adam([p for p in lora.parameters() if p.requires_grad], 0.1)
        losses = []
        for _ in range(8):
            optimizer.zero_grad()
            loss = (lora(x) - y).pow(2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < losses[0] and torch.equal(base.weight, start)
        trained = lora(x).detach()
        delta = (lora.b @ lora.a).detach()
        lora.merge()
        assert [n for n, _ in lora.named_parameters()] == ["base.weight", "base.bias"]
        assert torch.allclose(base.weight, start + delta) and torch.allclose(lora(x), trained, atol=1e-5)
    """
    assert engine.check(body, submission) == PASSED


def test_parameters_may_come_later_and_be_shared(engine: Engine) -> None:
    """Parameters that a method adds or ties are seen by the suite, shared ones once."""
    submission = """
        import torch
        from torch import nn

        class Tied(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(5, 3)
                self.out = nn.Linear(3, 5, bias=False)
                self.out.weight = self.embed.weight

            def forward(self, i):
                return self.out(self.embed(i))

            def grow(self):
                self.extra = nn.Parameter(torch.ones(2))
                self.layers = nn.ModuleList([nn.Linear(2, 2)])

            def swap(self):
                self.out.weight = nn.Parameter(torch.zeros(5, 3))
    """
    body = """
        net = Tied()
        assert net.embed.weight is net.out.weight and len(list(net.parameters())) == 1
        net(torch.tensor([1, 2])).sum().backward()
        assert net.embed.weight.grad.shape == (5, 3) and net.out.weight.grad is net.embed.weight.grad
        with torch.no_grad():
            net.embed.weight.fill_(1.0)
        assert torch.equal(net(torch.tensor([0])), torch.full((1, 5), 3.0))
        net.grow()
        names = sorted(n for n, _ in net.named_parameters())
        assert names == ["embed.weight", "extra", "layers.0.bias", "layers.0.weight"]
        net.swap()
        assert net.out.weight is not net.embed.weight and not net(torch.tensor([0])).any()
    """
    assert engine.check(body, submission) == PASSED


def test_torch_modules_arrive_whole(engine: Engine) -> None:
    """A suite's torch modules keep class and parameters over there; outputs and gradients agree."""
    submission = """
        def run(module, *inputs):
            return module(*inputs)

        def kind(module):
            return type(module).__name__, [n for n, _ in module.named_parameters()], module.training

        def first(module):
            return module(*[])
    """
    body = """
        shared = nn.Linear(4, 4)
        x = torch.randn(2, 3, 4)
        cases = [
            (nn.Linear(4, 5), x), (nn.Sequential(shared, nn.GELU(), shared), x), (nn.LayerNorm(4), x),
            (nn.Embedding(7, 4, padding_idx=0), torch.tensor([[1, 0]])), (nn.Conv1d(3, 5, 2, padding=1), x),
            (nn.BatchNorm1d(3), x), (nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True), x),
            (nn.MultiheadAttention(4, 2, batch_first=True), x, x, x), (nn.LSTM(4, 3), x),
            (nn.GRUCell(4, 3), x[0]), (nn.Dropout(0.5).eval(), x), (nn.Identity(), x), (nn.Flatten(), x),
            (nn.ModuleList([nn.Linear(4, 4)])[0], x),
        ]

        def flat(out):
            return [out] if isinstance(out, torch.Tensor) else [t for part in out for t in flat(part)]

        for module, *inputs in cases:
            twin = deepcopy(module)
            here, there = twin(*inputs), run(module, *inputs)
            for a, b in zip(flat(here), flat(there), strict=True):
                assert torch.allclose(a, b, atol=1e-6), module
            if flat(here)[0].requires_grad:
                flat(here)[0].sum().backward()
                flat(there)[0].sum().backward()
                for (name, p), q in zip(twin.named_parameters(), module.parameters(), strict=True):
                    assert (p.grad is None) == (q.grad is None), (module, name)
                    assert p.grad is None or torch.allclose(p.grad, q.grad, atol=1e-5), (module, name)
            for (name, p), q in zip(twin.named_buffers(), module.buffers(), strict=True):
                assert torch.equal(p, q), (module, name)
        assert kind(nn.Sequential(shared, shared)) == ("Sequential", ["0.weight", "0.bias"], True)
        assert kind(nn.Linear(1, 1).eval()) == ("Linear", ["weight", "bias"], False)
    """
    assert engine.check(body, submission) == PASSED


def test_modules_of_the_suites_own_kind_call_back(engine: Engine) -> None:
    """A suite's own module, a hooked one or a spy runs in the suite, with its parameters tied over there."""
    submission = """
        import torch
        from torch import nn

        def run(module, x):
            return module(x)

        def names(module):
            found = sorted(n for n, _ in module.named_parameters())
            return isinstance(module, nn.Module), found, module.training

        def train(module, x, y, steps):
            optimizer = torch.optim.SGD(module.parameters(), 0.1)
            for _ in range(steps):
                optimizer.zero_grad()
                loss = (module(x) - y).pow(2).mean()
                loss.backward()
                optimizer.step()
            return loss.detach()

        def source_of(module):
            return hasattr(module, "secret"), "Custom" in type(module).__name__
    """
    suite = '''
        class Custom(nn.Module):
            secret = 42

            def __init__(self):
                super().__init__()
                self.inner = nn.Linear(3, 3)
                self.twin = self.inner

            def forward(self, x):
                return torch.tanh(self.twin(self.inner(x)))

        def test_promise():
            """It keeps its promise."""
            x, y, module, seen = torch.randn(4, 3), torch.rand(4, 3), Custom(), []
            assert torch.equal(run(module, x), module(x))
            assert names(module) == (True, ["inner.bias", "inner.weight"], True)
            assert source_of(module) == (False, False)
            run(module, x).sum().backward()
            got = module.inner.weight.grad.clone()
            module.zero_grad()
            module(x).sum().backward()
            assert torch.allclose(got, module.inner.weight.grad)
            near = deepcopy(module)
            optimizer = torch.optim.SGD(near.parameters(), 0.1)
            for _ in range(5):
                optimizer.zero_grad()
                loss = (near(x) - y).pow(2).mean()
                loss.backward()
                optimizer.step()
            assert torch.allclose(train(module, x, y, 5), loss.detach())
            assert torch.allclose(module.inner.weight, near.inner.weight, atol=1e-6)
            hooked = nn.Linear(3, 2)
            hooked.register_forward_hook(lambda *_: seen.append(1))
            run(hooked, x), run(hooked, x)
            assert seen == [1, 1]
            counted = spy(nn.Linear(3, 2))
            assert torch.equal(run(counted, x), counted.target(x))
            assert (counted.calls, counted.rows) == (1, [4])
            function = spy(torch.exp)
            assert torch.equal(run(function, x), x.exp()) and (function.calls, function.rows) == (1, [4])
    '''
    report = engine.judge(suite, submission)
    assert (report.checks[0].status, report.checks[0].failure) == (Status.PASSED, None)


def test_a_suites_module_comes_back_as_itself(engine: Engine) -> None:
    """A module that is returned, stored or nested in a submission's own is the suite's very object again."""
    submission = """
        from torch import nn

        class Stack(nn.Module):
            def __init__(self, layer, n):
                super().__init__()
                self.layers = nn.ModuleList([layer] * n)
                self.norm = nn.LayerNorm(3)

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                return self.norm(x)

        def same(module):
            return module

        def wrap(module):
            return nn.Sequential(module, nn.ReLU())

        def make():
            return nn.Linear(2, 3), [nn.ReLU()]
    """
    body = """
        layer = nn.Linear(3, 3)
        assert same(layer) is layer
        stack = Stack(layer, 2)
        assert stack.layers[0] is layer and len(stack.layers) == 2 and list(stack.layers)[1] is layer
        assert len(list(stack.parameters())) == 4
        x = torch.randn(2, 3)
        assert torch.allclose(stack(x), nn.functional.layer_norm(layer(layer(x)), (3,)), atol=1e-6)
        wrapped = wrap(layer)
        assert isinstance(wrapped, nn.Module) and wrapped[0] is layer and len(wrapped) == 2
        assert torch.equal(wrapped(x), layer(x).relu())
        linear, (relu,) = make()
        assert linear.weight.shape == (3, 2) and torch.equal(relu(torch.tensor([-1.0])), torch.zeros(1))
    """
    assert engine.check(body, submission) == PASSED
