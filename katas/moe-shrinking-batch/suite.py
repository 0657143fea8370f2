"""Tokens of all shards are combined before the experts, so that each expert's batch grows with the shards.

Letters: tokens T_r of a shard, width D, experts n. Expected values are a loop over tokens and choices,
computed before the call.
"""

import pytest
import torch
from submission import combined_forward, expert_batch

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, spy, unchanged

# Tokens of each shard, D, output width, n, k: unequal, empty, a single shard, experts that nobody chooses.
SETTINGS = [
    ([4, 6], 3, 2, 5, 2),
    ([3, 1, 5], 4, 4, 3, 3),
    ([0, 5, 0], 2, 3, 4, 1),
    ([7], 3, 5, 4, 2),
    ([1, 1], 2, 3, 9, 2),
]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((32, 4, 256), 0.5),
        ((32, 4, 256, 16), 8.0),
        ((100, 2, 8, 3), 75.0),
        ((7, 3, 3, 1), 7.0),
        ((10, 1, 4), 2.5),
    ],
    ids=str,
)
def test_how_large_an_experts_batch_is(arguments, expected):
    """An expert's batch is k b d / n, a float."""
    batch = expert_batch(*arguments)
    assert isinstance(batch, float), f"expert_batch returns a float, got a {type(batch).__name__}"
    assert batch == pytest.approx(expected), f"expert_batch{arguments} is {expected}, got {batch}"


def test_one_output_per_shard():
    """Returns a list with a tensor (T_r, D') for each shard."""
    shards, weights, idx, params = drawn([4, 6], 3, 2, 5, 2)
    ys = combined_forward(shards, weights, idx, functions(params))
    assert isinstance(ys, list), f"expected a list, got a {type(ys).__name__}"
    assert len(ys) == 2, f"there are two shards, got {len(ys)} outputs"
    assert_shape(ys[0], (4, 2), label="output of shard 0")
    assert_shape(ys[1], (6, 2), label="output of shard 1")


@after("test_one_output_per_shard")
def test_worked_example():
    """The example of the brief comes out as written."""
    shards, weights = (
        [torch.tensor([[1.0]]), torch.tensor([[2.0]])],
        [torch.tensor([[1.0]]), torch.tensor([[0.5]])],
    )
    idx = [torch.tensor([[0]]), torch.tensor([[0]])]
    expert = spy(lambda t: 10 * t)
    ys = combined_forward(shards, weights, idx, [expert])
    for shard, y in enumerate(ys):
        assert_close(y, torch.tensor([[10.0]]).double(), label=f"output of shard {shard}")
    assert (expert.calls, expert.rows) == (1, [2]), "the expert sees two rows in one call"


@after("test_one_output_per_shard")
@pytest.mark.parametrize(("tokens", "width", "out", "experts", "k"), SETTINGS, ids=str)
def test_each_shard_gets_its_own(tokens, width, out, experts, k):
    """Each shard's output is the weighted sum of its own tokens' experts, in its own order."""
    shards, weights, idx, params = drawn(tokens, width, out, experts, k)
    expected = by_hand(shards, weights, idx, params)
    ys = combined_forward(shards, weights, idx, functions(params))
    for shard, (y, right) in enumerate(zip(ys, expected, strict=True)):
        assert_close(y, right, label=f"output of shard {shard}", rtol=1e-9, atol=1e-9)


@after("test_one_output_per_shard")
@pytest.mark.parametrize("devices", [1, 4])
def test_batches_grow_with_the_shards(devices):
    """Each expert is called once with the rows of all shards that chose it, on uneven routing."""
    shards, weights, idx, params = drawn([12] * devices, 3, 2, 6, 2)
    wanted = torch.cat(idx).flatten().bincount(minlength=6).tolist()
    spies = [spy(function) for function in functions(params)]
    combined_forward(shards, weights, idx, spies)
    rows = [sum(each.rows) for each in spies]
    assert rows == wanted, f"the experts should see {wanted} rows, they saw {rows}"
    calls = [each.calls for each in spies]
    assert calls == [min(n, 1) for n in wanted], f"each expert is called once or not at all, got {calls}"


@after("test_each_shard_gets_its_own")
@pytest.mark.parametrize(("tokens", "width", "out", "experts", "k"), SETTINGS[:4], ids=str)
def test_the_gradients(tokens, width, out, experts, k):
    """Shards, weights and experts receive the gradients of the definition."""
    shards, weights, idx, params = drawn(tokens, width, out, experts, k)
    worth = [torch.randn(n, out).double() for n in tokens]
    leaves = [leaf.clone().requires_grad_() for leaf in (*shards, *weights, params)]
    count = len(tokens)
    right = by_hand(leaves[:count], leaves[count:-1], idx, leaves[-1])
    loss = sum((y * w).sum() for y, w in zip(right, worth, strict=True))
    expected = torch.autograd.grad(loss, leaves, allow_unused=True)
    leaves = [leaf.clone().requires_grad_() for leaf in (*shards, *weights, params)]
    ys = combined_forward(leaves[:count], leaves[count:-1], idx, functions(leaves[-1]))
    sum((y * w).sum() for y, w in zip(ys, worth, strict=True)).backward()
    for leaf, gradient in zip(leaves, expected, strict=True):
        if gradient is not None and leaf.numel():
            assert leaf.grad is not None, f"no gradient reaches a tensor of shape {tuple(leaf.shape)}"
            assert_close(leaf.grad, gradient, label="gradient", rtol=1e-8, atol=1e-10)


@after("test_each_shard_gets_its_own")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    *lists, params = drawn([4, 6], 3, 2, 5, 2)
    shards, weights, idx = ([t.T.contiguous().T for t in tensors] for tensors in lists)
    expected = by_hand(shards, weights, idx, params)
    ys = combined_forward(shards, weights, idx, functions(params))
    assert_close(ys[1], expected[1], label="output of shard 1", rtol=1e-9, atol=1e-9)


@after("test_one_output_per_shard")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    shards, weights, idx, params = drawn([4, 6], 3, 2, 5, 2)
    expected = by_hand(shards, weights, idx, params)
    with unchanged(*shards, *weights, *idx), rng_unchanged():
        answers = [combined_forward(shards, weights, idx, functions(params)) for _ in range(2)]
    for ys in answers:
        assert_close(ys[0], expected[0], label="output of shard 0", rtol=1e-9, atol=1e-9)


def drawn(tokens, width, out, experts, k):
    """Shards, weights and uneven routes, and a matrix for each expert, in float64."""
    shards = [torch.randn(n, width).double() for n in tokens]
    weights = [torch.rand(n, k).double() for n in tokens]
    idx = [(torch.rand(n, experts) + torch.linspace(0.8, 0, experts)).topk(k, dim=1).indices for n in tokens]
    return shards, weights, idx, torch.randn(experts, width, out).double()


def functions(params):
    """Experts that are not linear."""
    return [lambda t, p=p: torch.tanh(t @ p) + 1 for p in params]


def by_hand(shards, weights, idx, params):
    """The definition, token by token."""
    outputs = []
    for x, weight, chosen in zip(shards, weights, idx, strict=True):
        rows = [
            sum(w * (torch.tanh(row @ params[e]) + 1) for w, e in zip(ws, es, strict=True))
            for row, ws, es in zip(x, weight, chosen, strict=True)
        ]
        outputs.append(torch.stack(rows) if rows else torch.zeros(0, params.shape[2], dtype=x.dtype))
    return outputs
