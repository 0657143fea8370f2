"""Upcycling copies a dense network into experts, so that the sparse layer begins as the same function.

Letters: tokens N, width D, experts E. Expected values come from the dense network, computed before the call.
"""

import pytest
import torch
from submission import upcycle
from torch import nn

from ml_katas.testing import after, assert_close, assert_shape, unchanged

SETTINGS = [(7, 5, 4, 2), (3, 4, 6, 1), (6, 3, 3, 3), (1, 4, 5, 2)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_router_and_experts(dtype):
    """The module has a router (E, D) without bias and E experts with the parameters of dense."""
    layer = upcycle(network(5, 3).to(dtype), width=5, n_experts=4, k=2)
    assert isinstance(layer, nn.Module), f"upcycle returns a module, got a {type(layer).__name__}"
    names = {name for name, _ in layer.named_parameters()}
    expected = {f"experts.{i}.{part}" for i in range(4) for part in ("0.weight", "0.bias", "2.weight")}
    assert names == expected | {"router.weight"}, f"unexpected or missing parameters: {names ^ expected}"
    assert_shape(layer.router.weight, (4, 5), label="router.weight")
    assert layer.router.weight.dtype == dtype, f"the router has the dtype {dtype} of dense"


@after("test_router_and_experts")
@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS)
def test_it_begins_as_the_same_function(tokens, width, experts, k):
    """Without noise the output is that of the dense network, for every k."""
    dense, x = network(width, 3), torch.randn(tokens, width).double()
    expected = dense(x).detach()
    y = upcycle(dense, width, experts, k)(x)
    assert_shape(y, (tokens, 3), label="y")
    assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_it_begins_as_the_same_function")
def test_worked_example():
    """The example of the brief comes out as written.

    Pins: "Whatever the router says".
    """
    dense = nn.Linear(2, 2, bias=False)
    dense.weight.data = 3 * torch.eye(2)
    y = upcycle(dense, 2, 4, 2)(torch.tensor([[1.0, 2.0], [-1.0, 0.5]]))
    assert_close(y, torch.tensor([[3.0, 6.0], [-3.0, 1.5]]).double(), label="y")


@after("test_it_begins_as_the_same_function")
@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS)
def test_experts_can_grow_apart(tokens, width, experts, k):
    """When experts differ, the output is their answers, weighed by a softmax over the k largest logits."""
    dense, x = nn.Linear(width, 3, bias=False).double(), torch.randn(tokens, width).double()
    layer = upcycle(dense, width, experts, k)
    own = torch.randn(experts, 3, width).double()
    router = torch.randn(experts, width).double()
    expected = mixture(x, router, own, k)
    layer.router.weight.data.copy_(router)
    for expert, weight in zip(layer.experts, own, strict=True):
        expert.weight.data.copy_(weight)
    assert_close(layer(x), expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_router_and_experts")
def test_nothing_is_shared():
    """Changing one expert changes neither another nor dense."""
    dense = nn.Linear(4, 3).double()
    weight = dense.weight.detach().clone()
    layer = upcycle(dense, 4, 3, 2)
    layer.experts[0].weight.data.add_(1.0)
    assert_close(layer.experts[1].weight.detach(), weight, label="weight of expert 1", rtol=0, atol=0)
    assert_close(layer.experts[2].weight.detach(), weight, label="weight of expert 2", rtol=0, atol=0)
    assert_close(dense.weight.detach(), weight, label="weight of dense", rtol=0, atol=0)
    assert_close(layer.experts[0].weight.detach(), weight + 1, label="weight of expert 0", rtol=0, atol=1e-12)


@after("test_router_and_experts")
def test_dense_stays_as_it_was():
    """dense keeps its parameters and its flags, also where noise is added."""
    dense = network(4, 3)
    dense[0].weight.requires_grad_(False)
    with unchanged(dense):
        upcycle(dense, 4, 3, 2, noise=0.1)
    assert not dense[0].weight.requires_grad, "what was frozen in dense stays frozen there"


@after("test_router_and_experts")
def test_everything_is_trainable():
    """All parameters of the module require gradients, whatever was frozen in dense."""
    dense = network(4, 3)
    for parameter in dense.parameters():
        parameter.requires_grad_(False)
    layer = upcycle(dense, 4, 3, 2)
    frozen = [name for name, parameter in layer.named_parameters() if not parameter.requires_grad]
    assert not frozen, f"these parameters are frozen: {', '.join(frozen)}"


@after("test_router_and_experts")
def test_the_router_is_random():
    """The router is random and another one each time."""
    dense = nn.Linear(16, 3)
    first, second = (upcycle(dense, 16, 8, 2).router.weight.detach().clone() for _ in range(2))
    assert first.ne(0).all(), "the router is zero somewhere: all tokens would tie"
    assert first.ne(second).any(), "two routers are alike: draw each anew"
    assert first.ne(first[:1]).any(), "all experts have the same row in the router"


@after("test_it_begins_as_the_same_function")
def test_noise_has_the_size_that_is_asked_for():
    """With noise each expert differs from dense by normal noise of that size, each by another."""
    dense = nn.Linear(100, 60).double()
    weight, bias = dense.weight.detach().clone(), dense.bias.detach().clone()
    layer = upcycle(dense, 100, 3, 2, noise=0.2)
    added = torch.stack([expert.weight.detach() - weight for expert in layer.experts])
    near = 6 / added.numel() ** 0.5
    assert abs(added.std() / 0.2 - 1) < near, (
        "the standard deviation of what was added to the weights is not 0.2"
    )
    assert abs(added.mean() / 0.2) < near, "the mean of what was added to the weights is not 0"
    assert (added[0] != added[1]).all(), "two experts got the same noise: draw it for each"
    shift = layer.experts[0].bias.detach() - bias
    assert 0.05 < shift.std() < 0.6, "noise of 0.2 belongs on every parameter, the biases too"
    middle = (added.abs() < 0.2 * 0.6745).double().mean()
    assert abs(middle - 0.5) < near, (
        "the noise is not normal: too much or too little of it lies in the middle"
    )


@after("test_it_begins_as_the_same_function")
def test_the_gradients():
    """The router and the experts receive the gradients of the definition; dense receives none."""
    dense, x = nn.Linear(4, 3, bias=False).double(), torch.randn(6, 4).double()
    worth = torch.randn(6, 3).double()
    layer = upcycle(dense, 4, 5, 2)
    own = torch.randn(5, 3, 4).double().requires_grad_()
    router = torch.randn(5, 4).double().requires_grad_()
    by_router, by_experts = torch.autograd.grad((mixture(x, router, own, 2) * worth).sum(), [router, own])
    layer.router.weight.data.copy_(router.detach())
    for expert, weight in zip(layer.experts, own.detach(), strict=True):
        expert.weight.data.copy_(weight)
    (layer(x) * worth).sum().backward()
    assert layer.router.weight.grad is not None, "no gradient reaches the router"
    assert_close(layer.router.weight.grad, by_router, label="gradient of the router", rtol=1e-8, atol=1e-10)
    for i, expert in enumerate(layer.experts):
        grad = torch.zeros(3, 4).double() if expert.weight.grad is None else expert.weight.grad
        assert_close(grad, by_experts[i], label=f"gradient of expert {i}", rtol=1e-8, atol=1e-10)
    assert dense.weight.grad is None, "dense itself receives a gradient: it is not a copy"


def network(width, out):
    """A small network that is not linear, in float64."""
    return nn.Sequential(nn.Linear(width, 6), nn.Tanh(), nn.Linear(6, out, bias=False)).double()


def mixture(x, router, own, k):
    """The weighted sum of linear experts, every expert on every token, for autograd."""
    logits = x @ router.T
    limit = logits.detach().sort(dim=1, descending=True).values[:, k - 1 : k]
    powers = logits.exp() * (logits >= limit)
    answers = torch.einsum("nd,eod->neo", x, own)
    return torch.einsum("ne,neo->no", powers / powers.sum(dim=1, keepdim=True), answers)
