"""A sparse layer equals the dense weighted sum, and calls each expert once with its own tokens only.

Letters: tokens N, width D, output width O, experts E. Values are compared in float64, where rounding decides
no choice. Expected values come from the dense sum over all experts, computed before the call.
"""

import math
from copy import deepcopy

import pytest
import torch
from submission import SparseMoE
from torch import nn

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, spy, unchanged

# Shape of x, E, O, k: as many tokens as experts, k = 1 and k = E, one leading axis and three.
SETTINGS = [((7, 5), 4, 3, 2), ((2, 3, 4), 6, 5, 3), ((4, 3), 5, 2, 1), ((2, 1, 3, 5), 3, 4, 3)]


def test_gate_and_experts_are_registered():
    """gate and experts are registered under these names, as they were given."""
    gate, experts = parts(5, 4, 3)
    layer = SparseMoE(gate=gate, experts=experts, k=2)
    assert isinstance(layer, nn.Module), "a SparseMoE is an nn.Module"
    names = {name for name, _ in layer.named_parameters()}
    expected = {"gate.weight", "gate.bias"}
    expected |= {f"experts.{i}.{part}" for i in range(4) for part in ("weight", "bias")}
    assert names == expected, f"the parameters are {sorted(expected)}; got {sorted(names)}"
    assert layer.gate is gate, "layer.gate is the gate that was given, not a copy"


@after("test_gate_and_experts_are_registered")
def test_worked_example():
    """The example of the brief comes out as written."""
    gate, experts = nn.Linear(2, 3), [nn.Linear(2, 2, bias=False) for _ in range(3)]
    gate.weight.data.zero_()
    gate.bias.data = torch.tensor([0.0, 1.0, 1 + math.log(3)])
    for i, expert in enumerate(experts):
        expert.weight.data = (i + 1.0) * torch.eye(2)
    y = SparseMoE(gate, experts, 2)(torch.tensor([[1.0, 2.0]]))
    assert_close(y, torch.tensor([[2.75, 5.5]]).double(), label="y")


@after("test_gate_and_experts_are_registered")
@pytest.mark.parametrize(("shape", "experts", "out", "k"), SETTINGS)
def test_equals_the_dense_sum(shape, experts, out, k):
    """The output is the weighted sum over all experts, whose weights are zero but for k."""
    gate, modules = parts(shape[-1], experts, out)
    x = torch.randn(shape).double()
    expected = dense_sum(x, gate, modules, k)
    y = SparseMoE(gate, modules, k)(x)
    assert_shape(y, (*shape[:-1], out), label="y")
    assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_gate_and_experts_are_registered")
def test_each_expert_is_called_once_with_its_own_tokens():
    """Each expert is called once, as a matrix of the tokens that chose it, and the gate once with all."""
    gate, experts = parts(4, 5, 3)
    x = torch.randn(2, 6, 4).double()
    wanted = gate(x.flatten(0, 1)).topk(2, dim=1).indices.flatten().bincount(minlength=5).tolist()
    spies, gate = [spy(expert) for expert in experts], spy(gate)
    SparseMoE(gate, spies, 2)(x)
    rows = [sum(each.rows) for each in spies]
    assert rows == wanted, f"the experts should see {wanted} rows, they saw {rows}"
    calls = [each.calls for each in spies]
    assert calls == [min(n, 1) for n in wanted], f"each expert is called once or not at all, got {calls}"
    assert gate.calls == 1, f"the gate is called once, it saw {gate.calls} calls"


@after("test_equals_the_dense_sum")
@pytest.mark.parametrize("chosen", [0, 3], ids=["the first", "the last"])
def test_experts_that_nobody_chose(chosen):
    """An expert that nobody chose is not called, and disturbs nothing."""
    gate, experts = parts(4, 4, 3)
    gate.weight.data.zero_()
    gate.bias.data = torch.tensor([5.0 if i == chosen else float(-i) for i in range(4)]).double()
    x = torch.randn(6, 4).double()
    expected = dense_sum(x, gate, experts, 1)
    spies = [spy(expert) for expert in experts]
    y = SparseMoE(gate, spies, 1)(x)
    assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)
    calls = [each.calls for each in spies]
    assert calls == [int(i == chosen) for i in range(4)], f"only expert {chosen} is called, got {calls}"


@after("test_equals_the_dense_sum")
@pytest.mark.parametrize("k", [1, 2])
def test_exactly_k_under_ties(k):
    """When all logits tie, each token still passes through exactly k experts."""
    gate, experts = parts(4, 5, 3)
    gate.weight.data.zero_()
    gate.bias.data.zero_()
    spies = [spy(expert) for expert in experts]
    SparseMoE(gate, spies, k)(torch.randn(6, 4).double())
    rows = sum(sum(each.rows) for each in spies)
    assert rows == 6 * k, f"6 tokens with {k} experts each are {6 * k} rows, the experts saw {rows}"


@after("test_equals_the_dense_sum")
def test_no_token_influences_another():
    """Changing one token changes its own output and no other.

    Pins: "No token may influence another".
    """
    gate, experts = parts(4, 5, 3)
    layer, x = SparseMoE(gate, experts, 2), torch.randn(6, 4).double()
    changed = x.clone()
    changed[3] = 10 * torch.randn(4).double()
    moved = (layer(x) - layer(changed)).abs().sum(dim=1) > 1e-9
    assert moved.tolist() == [i == 3 for i in range(6)], (
        f"only token 3 should have changed, not {moved.tolist()}"
    )


@after("test_equals_the_dense_sum")
@pytest.mark.parametrize("shape", [(0, 4), (2, 0, 4)], ids=str)
def test_no_tokens(shape):
    """No tokens give an empty result with the last axis of the experts' output."""
    gate, experts = parts(4, 5, 3)
    assert_shape(SparseMoE(gate, experts, 2)(torch.zeros(shape).double()), (*shape[:-1], 3), label="y")


@after("test_equals_the_dense_sum")
@pytest.mark.parametrize(("shape", "experts", "out", "k"), SETTINGS)
def test_the_gradients(shape, experts, out, k):
    """x, the gate and every expert receive the gradients of the dense sum."""
    gate, modules = parts(shape[-1], experts, out)
    x, worth = torch.randn(shape).double(), torch.randn(*shape[:-1], out).double()
    by_x, by_gate, by_experts = gradients_by_hand(x, gate, modules, k, worth)
    leaf = x.clone().requires_grad_()
    (SparseMoE(gate, modules, k)(leaf) * worth).sum().backward()
    assert leaf.grad is not None, "no gradient reaches x"
    assert_close(leaf.grad, by_x, label="gradient of x", rtol=1e-7, atol=1e-9)
    assert k == 1 or gate.weight.grad is not None, "no gradient reaches the gate"
    assert_close(grad_of(gate.weight), by_gate, label="gradient of gate.weight", rtol=1e-7, atol=1e-9)
    for i, (module, expected) in enumerate(zip(modules, by_experts, strict=True)):
        label = f"gradient of experts.{i}.weight"
        assert_close(grad_of(module.weight), expected, label=label, rtol=1e-7, atol=1e-9)


@after("test_the_gradients")
def test_it_trains():
    """Thirty steps of gradient descent on what the layer registers lower a loss to less than half.

    Pins: "so that parameters, `state_dict`, `train()` and `to()` reach them".
    """
    gate, experts = parts(3, 4, 2)
    layer, x = SparseMoE(gate, experts, 2), torch.randn(40, 3).double()
    target = torch.stack([x[:, 0].abs(), x[:, 1] - x[:, 2]], dim=1)
    optimiser = torch.optim.Adam([*gate.parameters(), *(p for e in experts for p in e.parameters())], lr=0.05)
    losses = []
    for _ in range(30):
        loss = (layer(x) - target).square().mean()
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[-1] < losses[0] / 2, f"the loss went from {losses[0]:.3f} to {losses[-1]:.3f} only"


@after("test_equals_the_dense_sum")
def test_bfloat16():
    """In bfloat16 the output has that dtype and its precision."""
    gate, experts = nn.Linear(4, 4, bias=False), [nn.Linear(4, 3, bias=False) for _ in range(4)]
    nn.init.eye_(gate.weight)
    x = torch.stack([torch.randperm(4) / 2 for _ in range(6)])  # exact, and well apart
    modules = [gate.bfloat16(), *(expert.bfloat16() for expert in experts)]
    expected = dense_sum(x.double(), *doubled(modules), 2)
    y = SparseMoE(gate, experts, 2)(x.bfloat16())
    assert y.dtype == torch.bfloat16, f"x of bfloat16 gives y of bfloat16, got {y.dtype}"
    assert_close(y, expected, label="y", rtol=0.03, atol=0.03)


@after("test_equals_the_dense_sum")
def test_x_may_be_non_contiguous():
    """x may have any memory layout.

    Pins: "may have any memory layout".
    """
    gate, experts = parts(4, 5, 3)
    x = torch.randn(4, 3, 2).double().transpose(0, 2)
    expected = dense_sum(x, gate, experts, 2)
    assert_close(SparseMoE(gate, experts, 2)(x), expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_equals_the_dense_sum")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_nothing_else_happens(training):
    """x and the parts stay as they were, no random number is drawn, the same call gives the same answer."""
    gate, experts = parts(4, 5, 3)
    x = torch.randn(6, 4).double()
    expected = dense_sum(x, gate, experts, 2)
    layer = SparseMoE(gate, experts, 2)
    layer.train(training)
    with unchanged(x, gate.weight, experts[0].weight), rng_unchanged():
        answers = [layer(x) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


def parts(width, experts, out):
    """A gate and experts, in float64."""
    return nn.Linear(width, experts).double(), [nn.Linear(width, out).double() for _ in range(experts)]


def doubled(modules):
    """Copies of a gate and experts in float64."""
    gate, *experts = (deepcopy(module).double() for module in modules)
    return gate, experts


def gates_of(logits, k):
    """G(x) (N, E), differentiable, for logits that do not tie: exp where kept over its sum."""
    limit = logits.detach().sort(dim=1, descending=True).values[:, k - 1 : k]
    powers = (logits - logits.detach().amax(dim=1, keepdim=True)).exp() * (logits >= limit)
    return powers / powers.sum(dim=1, keepdim=True)


def dense_sum(x, gate, experts, k):
    """The definition: every expert runs on every token, weighed by G(x), most of which is zero."""
    with torch.no_grad():
        return _dense_sum(x, gate, experts, k)


def _dense_sum(x, gate, experts, k):
    rows = x.reshape(-1, x.shape[-1])
    gates = gates_of(rows @ gate.weight.T + (gate.bias if gate.bias is not None else 0), k)
    total = 0
    for i, expert in enumerate(experts):
        total = total + gates[:, i : i + 1] * expert(rows)
    return total.reshape(*x.shape[:-1], -1)


def gradients_by_hand(x, gate, experts, k, worth):
    """Autograd on the dense sum of copies."""
    gate, experts = doubled([gate, *experts])
    leaf = x.clone().requires_grad_()
    weights = [expert.weight for expert in experts]
    loss = (_dense_sum(leaf, gate, experts, k) * worth).sum()
    by_x, by_gate, *by_experts = torch.autograd.grad(loss, [leaf, gate.weight, *weights])
    return by_x, by_gate, by_experts


def grad_of(parameter):
    """The gradient of a parameter, zero where none arrived."""
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
