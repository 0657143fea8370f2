"""Modules cross both ways: a submission's are real modules of the suite, a suite's arrive whole."""

from copy import deepcopy

import pytest
import torch
from submission import (
    Affine,
    LoRA,
    Net,
    Stack,
    Swish,
    Tied,
    has_secrets,
    kind,
    made,
    names,
    run,
    same,
    train,
    wrap,
)
from torch import nn

from ml_katas.testing import spy

# -------- a module of the submission


class Local(nn.Module):
    """What `Net` of the submission is, in the suite."""

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


def test_a_module_of_the_submission_is_a_module():
    """isinstance knows it as an nn.Module and as its class."""
    net = Net(3)
    assert isinstance(net, nn.Module)
    assert isinstance(net, Net)
    assert not isinstance(nn.Linear(1, 1), Net)


def test_a_module_has_its_parameters():
    """named_parameters are leaves with the names, shapes and order of the module."""
    net = Net(3)
    assert [(name, tuple(p.shape)) for name, p in net.named_parameters()] == [
        ("scale", (1,)),
        ("first.weight", (5, 3)),
        ("first.bias", (5,)),
        ("norm.weight", (5,)),
        ("norm.bias", (5,)),
        ("second.weight", (1, 5)),
        ("second.bias", (1,)),
    ]
    for p in net.parameters():
        assert isinstance(p, nn.Parameter)
        assert p.is_leaf
        assert p.requires_grad


def test_a_module_has_its_buffers_and_submodules():
    """named_buffers, named_modules and state_dict are the module's."""
    net = Net(3)
    buffers = ["steps", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]
    assert [name for name, _ in net.named_buffers()] == buffers
    assert [name for name, _ in net.named_modules()] == ["", "first", "norm", "second"]
    assert list(net.state_dict()) == [
        *("scale", "steps", "first.weight", "first.bias", "norm.weight", "norm.bias"),
        *(*buffers[1:], "second.weight", "second.bias"),
    ]


def test_submodules_are_modules():
    """A submodule is one object, with the parameters of the whole, and can be called alone."""
    net = Net(3)
    assert net.first is net.first
    assert net.first.weight is dict(net.named_parameters())["first.weight"]
    assert tuple(net.first(torch.ones(2, 3)).shape) == (2, 5)
    assert net.first.in_features == 3
    assert "Linear(in_features=3, out_features=5" in repr(net)


def test_a_module_has_modes():
    """train() and eval() reach the module and its submodules, whose buffers change only in training."""
    net = Net(3)
    assert net.training
    net(torch.randn(4, 3))
    assert net.steps.item() == 1
    assert net.norm.num_batches_tracked.item() == 1
    assert net.eval() is net
    assert not net.training
    assert not net.norm.training
    net(torch.randn(4, 3))
    assert net.steps.item() == 1
    assert net.train() is net
    assert net.norm.training


def test_a_module_has_attributes():
    """Attributes of a module are read and set, and a missing one is an AttributeError."""
    net = Net(3)
    assert net.width == 3
    net.width = 7
    assert net.width == 7
    with pytest.raises(AttributeError):
        _ = net.missing
    assert not hasattr(net, "missing")
    assert hasattr(net, "width")


# -------- training


def losses_of(module, make_optimizer, x, y):
    losses, optimizer = [], make_optimizer(module.parameters())
    for _ in range(10):
        optimizer.zero_grad()
        loss = (module(x) - y).pow(2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


OPTIMIZERS = {
    "SGD with momentum": lambda parameters: torch.optim.SGD(parameters, 0.1, momentum=0.9),
    "AdamW": lambda parameters: torch.optim.AdamW(parameters, 0.05),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_through_the_boundary_is_training(optimizer):
    """Ten steps of a suite's optimizer leave the same parameters, buffers and losses as a local module's."""
    x, y = torch.randn(16, 3), torch.randn(16, 1)
    far, near = Net(3), Local(3)
    near.load_state_dict(far.state_dict())
    ours, theirs = (losses_of(module, OPTIMIZERS[optimizer], x, y) for module in (near, far))
    assert ours == theirs
    assert theirs[-1] < theirs[0]
    for name, value in near.state_dict().items():
        assert torch.equal(value, far.state_dict()[name]), name
    assert torch.equal(near.eval()(x), far.eval()(x))


def test_state_is_loaded():
    """load_state_dict of one module's state_dict makes another compute the same."""
    net, other, x = Net(3), Net(3), torch.randn(4, 3)
    other.load_state_dict(net.state_dict())
    assert torch.equal(net.eval()(x), other.eval()(x))


def test_a_module_is_copied_deeply():
    """deepcopy gives another module, which changes of the first do not reach."""
    net, x = Net(3).eval(), torch.randn(4, 3)
    twin = deepcopy(net)
    assert isinstance(twin, nn.Module)
    assert twin is not net
    assert torch.equal(twin(x), net(x))
    with torch.no_grad():
        net.scale.mul_(2)
    assert not torch.equal(twin(x), net(x))


def test_parameters_are_changed_in_place():
    """mul_, .data, copy_ and nn.init reach the parameters that the module computes with."""
    net, x = Net(3).eval(), torch.randn(4, 3)
    assert not torch.equal(net(x)[0], net(x)[1])
    with torch.no_grad():
        net.scale.mul_(2)
        net.first.weight.data.zero_()
        net.second.bias.copy_(torch.tensor([3.0]))
    assert torch.equal(net(x)[0], net(x)[1])
    nn.init.zeros_(net.scale)
    assert not net(x).any()


def test_parameters_are_frozen():
    """requires_grad_ of the module and of one parameter, and zero_grad, reach it."""
    net, x = Net(3).eval(), torch.randn(4, 3)
    with torch.no_grad():
        net.scale.fill_(2)
    net.requires_grad_(False)
    assert not net(x).requires_grad
    net.second.bias.requires_grad_(True)
    net(x).sum().backward()
    assert net.second.bias.grad.item() == 8
    assert net.scale.grad is None
    net.zero_grad()
    assert net.second.bias.grad is None


def test_a_module_changes_its_dtype():
    """double() reaches parameters and float buffers; nn.init works on what came of them."""
    net = Net(3).eval().double()
    assert net(torch.randn(4, 3).double()).dtype == torch.float64
    assert net.steps.dtype == torch.int64
    with torch.no_grad():
        net.scale.mul_(3)
    nn.init.ones_(net.scale)
    assert torch.equal(net.scale, torch.ones(1, dtype=torch.float64))


# -------- modules among modules


def test_modules_of_a_submission_fit_into_the_suites_own():
    """Sequential and ModuleList take a submission's modules like any other."""
    model, x = nn.Sequential(nn.Linear(3, 4), Swish(), Affine(4)), torch.randn(5, 3)
    hidden = model[0](x)
    assert torch.allclose(model(x), hidden * hidden.sigmoid())
    assert len(list(model.parameters())) == 3
    assert sum(p.numel() for p in model.parameters()) == 12 + 4 + 4
    model.train(False)
    assert not model[2].training
    assert model.apply(lambda m: None) is model
    assert isinstance(nn.ModuleList([Affine(2), Swish()])[0], Affine)


def test_utilities_take_parameters_of_a_submission():
    """clip_grad_norm_ and parameters_to_vector work on them."""
    model = nn.Sequential(nn.Linear(3, 4), Swish(), Affine(4))
    model(torch.randn(5, 3)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    assert torch.stack([p.grad.norm() for p in model.parameters()]).norm() <= 0.1 + 1e-6
    assert torch.equal(nn.utils.parameters_to_vector(model[2].parameters()), torch.ones(4))


def test_a_wrapped_layer_is_trained_in_place():
    """A LoRA around a suite's Linear keeps the layer itself, freezes it and trains only what it adds."""
    base = nn.Linear(4, 3)
    start = base.weight.detach().clone()
    lora, x, y = LoRA(base, 2), torch.randn(8, 4), torch.randn(8, 3)
    assert lora.base is base
    assert not base.weight.requires_grad
    assert [name for name, p in lora.named_parameters() if p.requires_grad] == ["a", "b"]
    assert torch.equal(lora(x), base(x))
    optimizer = torch.optim.Adam([p for p in lora.parameters() if p.requires_grad], 0.1)
    before = (lora(x) - y).pow(2).mean().item()
    for _ in range(8):
        optimizer.zero_grad()
        loss = (lora(x) - y).pow(2).mean()
        loss.backward()
        optimizer.step()
    assert loss.item() < before
    assert torch.equal(base.weight, start)


def test_a_wrapped_layer_is_merged():
    """A LoRA that merges itself changes the suite's Linear and loses its own parameters."""
    base = nn.Linear(4, 3)
    start = base.weight.detach().clone()
    lora, x = LoRA(base, 2), torch.randn(8, 4)
    with torch.no_grad():
        lora.b.copy_(torch.randn(3, 2))
    expected, delta = lora(x).detach(), (lora.b @ lora.a).detach()
    lora.merge()
    assert [name for name, _ in lora.named_parameters()] == ["base.weight", "base.bias"]
    assert torch.allclose(base.weight, start + delta)
    assert torch.allclose(lora(x), expected, atol=1e-5)


def test_parameters_may_be_shared():
    """Parameters that a module ties are one in the suite, with one gradient, and change together."""
    net = Tied()
    assert net.embed.weight is net.out.weight
    assert len(list(net.parameters())) == 1
    net(torch.tensor([1, 2])).sum().backward()
    assert net.embed.weight.grad.shape == (5, 3)
    assert net.out.weight.grad is net.embed.weight.grad
    with torch.no_grad():
        net.embed.weight.fill_(1.0)
    assert torch.equal(net(torch.tensor([0])), torch.full((1, 5), 3.0))


def test_parameters_may_come_later():
    """Parameters that a method adds or unties are seen by the suite."""
    net = Tied()
    net.grow()
    found = sorted(name for name, _ in net.named_parameters())
    assert found == ["embed.weight", "extra", "layers.0.bias", "layers.0.weight"]
    net.swap()
    assert net.out.weight is not net.embed.weight
    assert not net(torch.tensor([0])).any()


# -------- modules of the suite


def flat(result):
    return [result] if isinstance(result, torch.Tensor) else [t for part in result for t in flat(part)]


SHARED = nn.Linear(4, 4)
IDENTICAL = {
    "linear": (nn.Linear(4, 5), torch.randn(2, 3, 4)),
    "shared": (nn.Sequential(SHARED, nn.GELU(), SHARED), torch.randn(2, 3, 4)),
    "layer norm": (nn.LayerNorm(4), torch.randn(2, 3, 4)),
    "embedding": (nn.Embedding(7, 4, padding_idx=0), torch.tensor([[1, 0]])),
    "convolution": (nn.Conv1d(3, 5, 2, padding=1), torch.randn(2, 3, 4)),
    "batch norm": (nn.BatchNorm1d(3), torch.randn(2, 3, 4)),
    "transformer": (
        nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True),
        torch.randn(2, 3, 4),
    ),
    "attention": (nn.MultiheadAttention(4, 2, batch_first=True), *[torch.randn(2, 3, 4)] * 3),
    "LSTM": (nn.LSTM(4, 3), torch.randn(2, 3, 4)),
    "GRU cell": (nn.GRUCell(4, 3), torch.randn(3, 4)),
    "dropout": (nn.Dropout(0.5).eval(), torch.randn(2, 3, 4)),
    "identity": (nn.Identity(), torch.randn(2, 3, 4)),
    "flatten": (nn.Flatten(), torch.randn(2, 3, 4)),
    "of a list": (nn.ModuleList([nn.Linear(4, 4)])[0], torch.randn(2, 3, 4)),
}


@pytest.mark.parametrize("name", IDENTICAL)
def test_torch_modules_arrive_whole(name):
    """Outputs, gradients and buffers of a suite's torch modules are over there what they are here."""
    module, *inputs = IDENTICAL[name]
    twin = deepcopy(module)
    here, there = flat(twin(*inputs)), flat(run(module, *inputs))
    for a, b in zip(here, there, strict=True):
        assert torch.allclose(a, b, atol=1e-6)
    if here[0].requires_grad:
        here[0].sum().backward()
        there[0].sum().backward()
    for (part, p), q in zip(twin.named_parameters(), module.parameters(), strict=True):
        assert (p.grad is None) == (q.grad is None), part
        assert p.grad is None or torch.allclose(p.grad, q.grad, atol=1e-5), part
    for (part, p), q in zip(twin.named_buffers(), module.buffers(), strict=True):
        assert torch.equal(p, q), part


def test_torch_modules_keep_class_names_and_mode():
    """A submission sees the class, the parameters' names and the mode of a suite's torch module."""
    assert kind(nn.Sequential(SHARED, SHARED)) == ("Sequential", ["0.weight", "0.bias"], True)
    assert kind(nn.Linear(1, 1).eval()) == ("Linear", ["weight", "bias"], False)


class Custom(nn.Module):
    secret = 42

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 3)
        self.twin = self.inner

    def forward(self, x):
        return torch.tanh(self.twin(self.inner(x)))


def test_a_module_of_the_suites_own_kind_calls_back():
    """A suite's own module runs in the suite; over there it is a module with names, and shows no more."""
    module, x = Custom(), torch.randn(4, 3)
    assert torch.equal(run(module, x), module(x))
    assert names(module) == (True, ["inner.bias", "inner.weight"], True)
    assert has_secrets(module) == (False, False)


def test_a_module_that_calls_back_has_gradients():
    """The gradients of a suite's own module are those of a call in the suite."""
    module, x = Custom(), torch.randn(4, 3)
    run(module, x).sum().backward()
    got = module.inner.weight.grad.clone()
    module.zero_grad()
    module(x).sum().backward()
    assert torch.allclose(got, module.inner.weight.grad)


def test_a_module_that_calls_back_is_trained():
    """A submission trains a suite's own module as the suite would."""
    module, x, y = Custom(), torch.randn(4, 3), torch.rand(4, 3)
    near = deepcopy(module)
    optimizer = torch.optim.SGD(near.parameters(), 0.1)
    for _ in range(5):
        optimizer.zero_grad()
        loss = (near(x) - y).pow(2).mean()
        loss.backward()
        optimizer.step()
    assert torch.allclose(train(module, x, y, 5), loss.detach())
    assert torch.allclose(module.inner.weight, near.inner.weight, atol=1e-6)


def test_hooks_of_a_suites_module_are_called():
    """A torch module with a hook runs in the suite, once for each call."""
    seen, hooked = [], nn.Linear(3, 2)
    hooked.register_forward_hook(lambda *_: seen.append(1))
    for _ in range(2):
        run(hooked, torch.randn(4, 3))
    assert seen == [1, 1]


def test_a_spy_counts_calls_and_rows():
    """A spy on a module and on a function computes what they do and counts."""
    x = torch.randn(4, 3)
    counted = spy(nn.Linear(3, 2))
    assert torch.equal(run(counted, x), counted.target(x))
    assert (counted.calls, counted.rows) == (1, [4])
    function = spy(torch.exp)
    assert torch.equal(run(function, x), x.exp())
    assert (function.calls, function.rows) == (1, [4])


def test_a_suites_module_comes_back_as_itself():
    """A module that is returned is the suite's very object again."""
    layer = nn.Linear(3, 3)
    assert same(layer) is layer


def test_a_suites_module_is_part_of_a_submissions():
    """A module that a submission nests in its own is the suite's very object, with its parameters."""
    layer, x = nn.Linear(3, 3), torch.randn(2, 3)
    stack = Stack(layer, 2)
    assert stack.layers[0] is layer
    assert len(stack.layers) == 2
    assert list(stack.layers)[1] is layer
    assert len(list(stack.parameters())) == 4
    assert torch.allclose(stack(x), nn.functional.layer_norm(layer(layer(x)), (3,)), atol=1e-6)


def test_a_sequential_around_a_suites_module_is_one():
    """A torch container that a submission makes of a suite's module is a module of the suite."""
    layer, x = nn.Linear(3, 3), torch.randn(2, 3)
    wrapped = wrap(layer)
    assert isinstance(wrapped, nn.Module)
    assert wrapped[0] is layer
    assert len(wrapped) == 2
    assert torch.equal(wrapped(x), layer(x).relu())


def test_torch_modules_are_made_over_there():
    """Torch modules that a submission makes, alone or in a list, have parameters and can be called."""
    linear, (relu,) = made()
    assert linear.weight.shape == (3, 2)
    assert torch.equal(relu(torch.tensor([-1.0])), torch.zeros(1))
