"""The layer is the sparse mixture of its gate, says its balance, and learns eight tasks with balance only.

Letters: tokens N, width D, output width O, experts E. Values of single calls are compared with the dense
sum in float64; what comes of training is compared with bounds that 40 runs kept with room to spare.
"""

import math

import pytest
import torch
from submission import MoELayer, train
from torch import nn

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, spy

SETTINGS = [(7, 3, 2, 4, 2), (4, 5, 3, 6, 1), (5, 2, 4, 3, 3)]
TASKS, WIDTH, OUT, EXPERTS, HIDDEN = 8, 8, 4, 16, 8


def test_parameters_and_shapes():
    """The layer registers its experts, and w_gate and w_noise, zero at first; it returns y and balance."""
    layer = MoELayer(experts=[nn.Linear(3, 2) for _ in range(4)], width=3, k=2)
    names = {name for name, _ in layer.named_parameters()}
    expected = {f"experts.{i}.{part}" for i in range(4) for part in ("weight", "bias")} | {
        "w_gate",
        "w_noise",
    }
    assert names == expected, f"the parameters are {sorted(expected)}; got {sorted(names)}"
    for name, weight in (("w_gate", layer.w_gate), ("w_noise", layer.w_noise)):
        assert_close(weight.detach(), torch.zeros(3, 4).double(), label=name)
    result = layer(torch.randn(6, 3))
    assert isinstance(result, tuple), f"expected the tuple (y, balance), got a {type(result).__name__}"
    assert_shape(result[0], (6, 2), label="y")
    assert_shape(result[1], (), label="balance")


@after("test_parameters_and_shapes")
@pytest.mark.parametrize(("tokens", "width", "out", "experts", "k"), SETTINGS)
def test_evaluation_is_the_definition(tokens, width, out, experts, k):
    """In evaluation y is the weighted sum of the k best experts, without noise."""
    layer, modules, w_gate = drawn(width, out, experts, k)
    x = torch.randn(tokens, width).double()
    expected = definition(x, modules, w_gate, k).detach()
    layer.eval()
    y, _ = layer(x)
    assert_close(y, expected, label="y in evaluation", rtol=1e-9, atol=1e-9)


@after("test_evaluation_is_the_definition")
def test_evaluation_draws_nothing():
    """In evaluation nothing is drawn, two calls agree, and balance is 0."""
    layer, _, _ = drawn(3, 2, 4, 2)
    x = torch.randn(6, 3).double()
    layer.eval()
    with rng_unchanged():
        (first, balance), (second, _) = layer(x), layer(x)
    assert balance.dtype == torch.float64, f"balance has the dtype of x, got {balance.dtype}"
    assert (first == second).all(), "two calls in evaluation differ"
    assert_close(balance, torch.zeros(()).double(), label="balance in evaluation")


@after("test_parameters_and_shapes")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_each_expert_is_called_once(training):
    """Each expert is called at most once in a call of the layer, and all together see N k rows."""
    spies = [spy(nn.Linear(3, 2)) for _ in range(5)]
    layer = MoELayer(spies, 3, 2)
    layer.train(training)
    layer(torch.randn(9, 3))
    assert sum(sum(each.rows) for each in spies) == 18, "9 tokens with 2 experts each are 18 rows"
    assert max(each.calls for each in spies) == 1, "each expert is called at most once"


@after("test_evaluation_is_the_definition")
def test_gradients_in_evaluation():
    """In evaluation x, gate and experts receive the gradients of the dense sum."""
    layer, modules, w_gate = drawn(3, 2, 5, 2)
    x, worth = torch.randn(7, 3).double(), torch.randn(7, 2).double()
    leaves = [x.clone().requires_grad_(), w_gate.clone().requires_grad_()]
    by_x, by_gate = torch.autograd.grad((definition(leaves[0], modules, leaves[1], 2) * worth).sum(), leaves)
    layer.eval()
    gate, leaf = layer.w_gate, x.clone().requires_grad_()
    y, _ = layer(leaf)
    (y * worth).sum().backward()
    assert leaf.grad is not None, "no gradient reaches x"
    assert_close(leaf.grad, by_x, label="gradient of x", rtol=1e-8, atol=1e-10)
    assert gate.grad is not None, "no gradient reaches w_gate"
    assert_close(gate.grad, by_gate, label="gradient of w_gate", rtol=1e-8, atol=1e-10)


@after("test_evaluation_is_the_definition")
def test_the_noise_is_normal():
    """In training the noise is standard normal, as strong as the softplus of x w_noise."""
    experts = [nn.Linear(1, 1).double() for _ in range(2)]
    for number, expert in enumerate(experts):
        expert.weight.data.zero_()
        expert.bias.data.fill_(1.0 - number)  # so y is the gate of expert 0
    y, _ = MoELayer(experts, 1, 2).double()(torch.ones(20_000, 1).double())
    noise = (y / (1 - y)).log() / math.log(2)  # that of expert 0 minus that of expert 1
    near = 6 / 20_000**0.5
    assert abs(noise.mean()) < 1.5 * near, "the mean of the noise is not 0"
    assert abs(noise.var() - 2) < 3 * near, "the noise of two experts should differ with the variance 2"


@after("test_evaluation_is_the_definition")
def test_training_has_noise():
    """In training two calls differ, and so do tokens that are alike."""
    layer, _, _ = drawn(3, 2, 6, 2)
    x = torch.ones(40, 3).double()
    (first, _), (second, _) = layer(x), layer(x)
    assert (first != second).any(), "two calls in training are alike: there is no noise"
    assert len(first.unique(dim=0)) > 2, "all tokens got the same noise: draw it for each"


@after("test_parameters_and_shapes")
@pytest.mark.parametrize(
    ("odds", "expected"), [(1.0, 2.0), (3.0, 2.5)], ids=["equal weights", "weights 3 to 1"]
)
def test_balance_of_a_router_that_is_certain(odds, expected):
    """With all tokens at two of four experts for certain, balance is that of these gates and this load."""
    layer = MoELayer([nn.Linear(2, 3).double() for _ in range(4)], 2, 2).double()
    row = torch.tensor([50.0 + math.log(odds), 50.0, -50.0, -50.0])
    layer.w_gate.data.copy_(torch.stack([row, torch.zeros(4)]))
    layer.w_noise.data.fill_(-20.0)  # the strength of the noise is nearly 0
    _, balance = layer(torch.ones(64, 2).double())
    assert_close(balance, torch.tensor(expected).double(), label="balance", rtol=1e-3, atol=1e-3)


@after("test_parameters_and_shapes")
def test_balance_of_a_router_that_is_even():
    """With both of two experts kept, balance is near 0; a fresh router of many is nearly even."""
    layer = MoELayer([nn.Linear(2, 3).double() for _ in range(2)], 2, 2).double()
    _, balance = layer(torch.randn(2000, 2).double())
    assert balance < 0.05, f"importance and load are even here: balance should be near 0, got {balance:.3f}"
    layer = MoELayer([nn.Linear(2, 3).double() for _ in range(4)], 2, 2).double()
    _, balance = layer(torch.randn(2000, 2).double())
    assert balance < 0.1, f"a fresh router spreads tokens at random: balance near 0, got {balance:.3f}"


@after("test_training_has_noise")
def test_everything_learns():
    """The output gives gradients to gate, noise and experts, and the balance to gate and noise."""
    layer, modules, _ = drawn(3, 2, 4, 2)
    gate, noise = layer.w_gate, layer.w_noise
    y, _ = layer(torch.randn(30, 3).double())
    y.square().sum().backward()
    for name, parameter in (("w_gate", gate), ("w_noise", noise), ("experts.0.weight", modules[0].weight)):
        assert parameter.grad is not None, f"no gradient of y reaches {name}"
        assert parameter.grad.any(), f"the gradient of y for {name} is zero"
    layer, _, _ = drawn(3, 2, 4, 2)
    gate, noise = layer.w_gate, layer.w_noise
    _, balance = layer(torch.randn(30, 3).double())
    balance.backward()
    for name, parameter in (("w_gate", gate), ("w_noise", noise)):
        assert parameter.grad is not None, f"no gradient of the balance reaches {name}"
        assert parameter.grad.any(), f"the gradient of the balance for {name} is zero"


class Watched(nn.Module):
    """A layer of one number that keeps the rows and the mode of every call, and has a balance of its own."""

    def __init__(self):
        super().__init__()
        self.number = nn.Parameter(torch.zeros(()))
        self.seen, self.modes = [], []

    def forward(self, x):
        self.seen.append(x.detach().clone())
        self.modes.append(self.training)
        return self.number * x, (self.number - 5) ** 2


@after("test_parameters_and_shapes")
def test_steps_and_batches():
    """train makes its steps in training mode on batches of different random rows, then ends the mode."""
    layer, x = Watched(), torch.arange(40.0).view(40, 1)
    layer.eval()
    assert train(layer, x, 0 * x, steps=6, batch=10) is None, "train returns None"
    assert len(layer.seen) == 6, f"six steps are six calls of the layer, it saw {len(layer.seen)}"
    assert all(layer.modes), "the layer is in training mode while it is trained"
    assert not layer.training, "after the training the layer is in evaluation mode"
    for rows in layer.seen:
        assert rows.unique().numel() == 10, f"a batch has 10 different rows, got {rows.flatten().tolist()}"
    assert torch.stack(layer.seen).unique(dim=0).shape[0] == 6, "two batches are the same: draw the rows anew"


@after("test_steps_and_batches")
@pytest.mark.parametrize("balance", [0.0, 0.5, 4.0, None], ids=str)
def test_what_is_optimised(balance):
    """Adam minimises the mean squared error plus so many times the balance, 0.3 times by default."""
    layer, x = Watched(), torch.ones(50, 1)
    options, balance = ({}, 0.3) if balance is None else ({"balance": balance}, balance)
    train(layer, x, 2 * x, steps=150, batch=20, lr=0.2, **options)
    expected = torch.tensor((2 + 5 * balance) / (1 + balance)).double()  # of (n - 2)² + w (n - 5)²
    assert_close(layer.number.detach(), expected, label="what the only number becomes", atol=0.02)


@after("test_steps_and_batches")
def test_the_optimiser_is_adam():
    """The first step of Adam has the size of lr, whatever the gradient is.

    Pins: "one step of Adam".
    """
    for scale in (1.0, 1000.0):
        layer, x = Watched(), torch.ones(50, 1)
        train(layer, x, scale * x, steps=1, batch=20, lr=0.05, balance=0.0)
        assert_close(layer.number.detach(), torch.tensor(0.05).double(), label="the number after one step")
    layer, x = Watched(), torch.ones(300, 1)
    train(layer, x, x, steps=1)
    assert len(layer.seen[0]) == 256, "a batch has 256 rows unless it is said otherwise"
    assert_close(layer.number.detach(), torch.tensor(0.01).double(), label="the number after one step")


@after("test_what_is_optimised", "test_everything_learns", "test_balance_of_a_router_that_is_certain")
def test_it_learns_eight_tasks_in_balance():
    """With balance eight tasks are learned to an error below 1, and no expert has 2.2 times the mean load."""
    error, ratio = trained()
    assert error < 1.0, f"the error after training should be below 1, got {error:.2f}"
    assert ratio < 2.2, f"the busiest expert should have less than 2.2 times the mean load, got {ratio:.2f}"


@after("test_it_learns_eight_tasks_in_balance")
def test_without_balance_the_router_collapses():
    """With balance=0 the same training leaves the busiest expert above 2.5 times the mean load.

    Pins: "the router collapses".
    """
    _, ratio = trained(balance=0.0)
    assert ratio > 2.5, f"without balance some expert should have 2.5 times the mean load, got {ratio:.2f}"


def drawn(width, out, experts, k):
    """A layer in float64 with a random gate and noise, its experts and its gate weight."""
    modules = [nn.Linear(width, out).double() for _ in range(experts)]
    layer = MoELayer(modules, width, k).double()
    w_gate = torch.randn(width, experts).double()
    layer.w_gate.data.copy_(w_gate)
    layer.w_noise.data.copy_(torch.randn(width, experts).double())
    return layer, modules, w_gate


def definition(x, modules, w_gate, k):
    """Every expert on every token, weighed by a softmax over the k largest logits."""
    logits = x @ w_gate
    limit = logits.detach().sort(dim=1, descending=True).values[:, k - 1 : k]
    powers = logits.exp() * (logits >= limit)
    gates = powers / powers.sum(dim=1, keepdim=True)
    return sum(gates[:, i : i + 1] * module(x) for i, module in enumerate(modules))


def trained(**options):
    """Train 16 small experts on eight tasks; return the error and the load of the busiest expert."""
    own = torch.Generator().manual_seed(1)  # always the same tasks
    centres = torch.randn(TASKS, WIDTH, generator=own)
    centres = 8 * centres / centres.norm(dim=1, keepdim=True)
    offset = torch.randn(WIDTH, generator=own)
    maps = 2 * torch.randn(TASKS, WIDTH, OUT, generator=own) / WIDTH**0.5
    task = torch.randint(TASKS, (2000,), generator=own)
    inner = torch.randn(2000, WIDTH, generator=own)
    x = centres[task] + inner + 12 * offset / offset.norm()
    y = torch.einsum("nd,ndo->no", inner, maps[task])
    experts = [
        nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, OUT)) for _ in range(EXPERTS)
    ]
    layer = MoELayer(experts, WIDTH, 2)
    train(layer, x[:1500], y[:1500], steps=250, **options)
    output, _ = layer(x[1500:])
    logits = x[1500:] @ layer.w_gate.detach()
    load = logits.topk(2, dim=1).indices.flatten().bincount(minlength=EXPERTS).float()
    return (output.detach() - y[1500:]).square().mean().item(), (load.max() / load.mean()).item()
