"""Permute lays tokens out expert by expert with zeros up to a multiple of the block; unpermute undoes it.

Letters: tokens T, width D, experts E, rows P. Expected values are a loop over the experts, computed
before the call.
"""

import math

import pytest
import torch
from submission import permute, unpermute

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, D, E, k, block: all different, as many tokens as experts; blocks of one, larger than every count.
SETTINGS = [
    (7, 5, 4, 2, 3),
    (3, 4, 8, 3, 2),
    (6, 3, 6, 2, 1),
    (5, 2, 3, 1, 16),
    (1, 3, 5, 2, 4),
    (1, 2, 3, 1, 2),
]


def test_shapes_and_dtypes():
    """permute returns xp (P, D), row_of_slot (P,) and offsets (E + 1,), the last two int64."""
    idx = torch.tensor([[0], [2], [2]])
    result = permute(torch.randn(3, 5), idx, 4, 2)
    assert isinstance(result, tuple), f"permute returns a tuple of three, got a {type(result).__name__}"
    xp, row_of_slot, offsets = result
    assert_shape(xp, (4, 5), label="xp")
    assert_shape(row_of_slot, (4,), label="row_of_slot")
    assert_shape(offsets, (5,), label="offsets")
    for tensor, name in ((row_of_slot, "row_of_slot"), (offsets, "offsets")):
        assert tensor.dtype == torch.int64, f"{name} is int64, got {tensor.dtype}"


@after("test_shapes_and_dtypes")
def test_worked_example():
    """The example of the brief comes out as written."""
    x = torch.tensor([[10.0], [11.0], [12.0]])
    xp, row_of_slot, offsets = permute(x, torch.tensor([[2], [0], [2]]), 3, 2)
    assert_close(offsets, torch.tensor([0, 2, 2, 4]), label="offsets")
    assert_close(row_of_slot, torch.tensor([1, -1, 0, 2]), label="row_of_slot")
    assert_close(xp, torch.tensor([[11.0], [0.0], [10.0], [12.0]]).double(), label="xp")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize(("tokens", "width", "experts", "k", "block"), SETTINGS)
def test_where_each_expert_begins(tokens, width, experts, k, block):
    """offsets sum up counts that are rounded up to multiples of the block."""
    idx = routes(tokens, experts, k)
    _, expected = layout_by_hand(idx, experts, block)
    _, _, offsets = permute(torch.randn(tokens, width), idx, experts, block)
    assert_close(offsets, torch.tensor(expected), label="offsets")


@after("test_where_each_expert_begins")
@pytest.mark.parametrize(("tokens", "width", "experts", "k", "block"), SETTINGS)
def test_which_choice_stands_where(tokens, width, experts, k, block):
    """row_of_slot holds the choices expert by expert in their order, and -1 for padding."""
    idx = routes(tokens, experts, k)
    expected, _ = layout_by_hand(idx, experts, block)
    _, row_of_slot, _ = permute(torch.randn(tokens, width), idx, experts, block)
    assert_close(row_of_slot, torch.tensor(expected), label="row_of_slot")


@after("test_which_choice_stands_where")
@pytest.mark.parametrize(("tokens", "width", "experts", "k", "block"), SETTINGS)
def test_rows_are_tokens_and_zeros(tokens, width, experts, k, block):
    """Each row is the token of its choice, and padding is zero."""
    x, idx = torch.randn(tokens, width), routes(tokens, experts, k)
    slots, _ = layout_by_hand(idx, experts, block)
    expected = torch.stack([x[c // k].double() if c >= 0 else torch.zeros(width).double() for c in slots])
    xp, _, _ = permute(x, idx, experts, block)
    assert_close(xp, expected, label="xp")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("chosen", [[0], [3], [1, 2], [0, 3]], ids=str)
@pytest.mark.parametrize("block", [2, 4])
def test_empty_experts_have_no_rows(chosen, block):
    """Experts that nobody chose, the first, the last or between, have no rows; full blocks no padding."""
    idx = torch.tensor([chosen] * 4)
    slots, expected = layout_by_hand(idx, 4, block)
    xp, row_of_slot, offsets = permute(torch.randn(4, 3), idx, 4, block)
    assert_close(offsets, torch.tensor(expected), label="offsets")
    assert_close(row_of_slot, torch.tensor(slots), label="row_of_slot")
    assert_shape(xp, (len(slots), 3), label="xp")


@pytest.mark.parametrize(("tokens", "width", "experts", "k", "block"), SETTINGS)
def test_unpermute_is_the_weighted_sum(tokens, width, experts, k, block):
    """Each token gets the sum of its results, each times the weight of its choice."""
    ys, row_of_slot, weights = results(tokens, width, experts, k, block)
    expected = summed_by_hand(ys, row_of_slot, weights)
    y = unpermute(ys, row_of_slot, weights)
    assert_shape(y, (tokens, width), label="y")
    assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_unpermute_is_the_weighted_sum")
@pytest.mark.parametrize("rubbish", [math.nan, math.inf, 1e30], ids=str)
def test_padding_touches_nothing(rubbish):
    """Whatever stands in the padding rows touches neither the result nor any gradient."""
    ys, row_of_slot, weights = results(7, 3, 4, 2, 5)
    expected = summed_by_hand(ys, row_of_slot, weights)
    ys[row_of_slot < 0] = rubbish
    ys, weights = ys.requires_grad_(), weights.requires_grad_()
    y = unpermute(ys, row_of_slot, weights)
    assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)
    y.sum().backward()
    assert ys.grad.isfinite().all(), "the gradient of ys is finite, and zero for padding"
    assert not ys.grad[row_of_slot < 0].any(), "padding has the gradient zero"
    assert weights.grad.isfinite().all(), "the gradient of the weights is finite"


@after("test_rows_are_tokens_and_zeros", "test_unpermute_is_the_weighted_sum")
def test_experts_in_between():
    """Around experts that change the width and are not linear, the result is the sum of the definition.

    Pins: "Write `permute(x, idx, n_experts, block)`".
    """
    x, idx, weights = torch.randn(6, 4).double(), routes(6, 5, 2), torch.rand(6, 2).double()
    w, expected = torch.randn(5, 4, 3).double(), torch.zeros(6, 3).double()
    for t in range(6):
        for j in range(2):
            expected[t] += weights[t, j] * (torch.tanh(x[t] @ w[idx[t, j]]) + 1)
    xp, row_of_slot, offsets = permute(x, idx, 5, 4)
    bounds = offsets.tolist()
    blocks = [torch.tanh(xp[bounds[e] : bounds[e + 1]] @ w[e]) + 1 for e in range(5)]
    assert_close(
        unpermute(torch.cat(blocks), row_of_slot, weights), expected, label="y", rtol=1e-9, atol=1e-9
    )


@after("test_shapes_and_dtypes", "test_unpermute_is_the_weighted_sum")
def test_no_tokens():
    """No tokens give empty tensors and offsets of zero."""
    xp, row_of_slot, offsets = permute(torch.zeros(0, 3), torch.zeros(0, 2, dtype=torch.int64), 4, 3)
    assert_shape(xp, (0, 3), label="xp")
    assert_close(offsets, torch.zeros(5, dtype=torch.int64), label="offsets")
    assert_shape(unpermute(torch.zeros(0, 5), row_of_slot, torch.zeros(0, 2)), (0, 5), label="y")


@after("test_rows_are_tokens_and_zeros")
def test_the_gradient_of_permute():
    """All copies of a token add up in its gradient."""
    x, idx = torch.randn(6, 4).double(), routes(6, 5, 2)
    slots, _ = layout_by_hand(idx, 5, 3)
    worth, expected = torch.randn(len(slots), 4).double(), torch.zeros(6, 4).double()
    for row, choice in enumerate(slots):
        if choice >= 0:
            expected[choice // 2] += worth[row]
    leaf = x.clone().requires_grad_()
    (permute(leaf, idx, 5, 3)[0] * worth).sum().backward()
    assert leaf.grad is not None, "no gradient reaches x"
    assert_close(leaf.grad, expected, label="gradient of x")


@after("test_unpermute_is_the_weighted_sum")
def test_the_gradients_of_unpermute():
    """Results and weights receive the gradients of the weighted sum."""
    ys, row_of_slot, weights = results(6, 4, 5, 2, 3)
    worth = torch.randn(6, 4).double()
    by_ys, by_weights = torch.zeros_like(ys), torch.zeros_like(weights)
    for row, choice in enumerate(row_of_slot.tolist()):
        if choice >= 0:
            t, j = divmod(choice, 2)
            by_ys[row], by_weights[t, j] = weights[t, j] * worth[t], (ys[row] * worth[t]).sum()
    ys, weights = ys.clone().requires_grad_(), weights.clone().requires_grad_()
    (unpermute(ys, row_of_slot, weights) * worth).sum().backward()
    assert ys.grad is not None, "no gradient reaches ys"
    assert weights.grad is not None, "no gradient reaches the weights"
    assert_close(ys.grad, by_ys, label="gradient of ys")
    assert_close(weights.grad, by_weights, label="gradient of the weights")


@after("test_rows_are_tokens_and_zeros", "test_unpermute_is_the_weighted_sum")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_the_dtype_stays(dtype):
    """xp has the dtype of x, y that of ys.

    Pins: "of the dtype of `ys`".
    """
    xp, _, _ = permute(torch.randn(6, 4).to(dtype), routes(6, 5, 2), 5, 3)
    assert xp.dtype == dtype, f"x of {dtype} gives xp of {dtype}, got {xp.dtype}"
    ys, row_of_slot, weights = results(6, 4, 5, 2, 3)
    ys, weights = (ys * 4).round().to(dtype) / 4, (weights * 4).round().to(dtype) / 8
    expected = summed_by_hand(ys.double(), row_of_slot, weights.double())
    assert_close(unpermute(ys, row_of_slot, weights), expected, label="y", dtype=dtype)


@after("test_rows_are_tokens_and_zeros", "test_unpermute_is_the_weighted_sum")
def test_arguments_may_be_non_contiguous():
    """All arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, idx = torch.randn(4, 6).double().T, routes(6, 5, 2).T.contiguous().T
    slots, _ = layout_by_hand(idx, 5, 3)
    expected = torch.stack([x[c // 2] if c >= 0 else torch.zeros(4).double() for c in slots])
    assert_close(permute(x, idx, 5, 3)[0], expected, label="xp", rtol=1e-9, atol=1e-9)
    ys, row_of_slot, weights = results(6, 4, 5, 2, 3)
    expected = summed_by_hand(ys, row_of_slot, weights)
    y = unpermute(ys.T.contiguous().T, row_of_slot, weights.T.contiguous().T)
    assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_shapes_and_dtypes", "test_unpermute_is_the_weighted_sum")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    x, idx, (ys, row_of_slot, weights) = torch.randn(6, 4), routes(6, 5, 2), results(6, 4, 5, 2, 3)
    expected = summed_by_hand(ys, row_of_slot, weights)
    with unchanged(x, idx, ys, row_of_slot, weights), rng_unchanged():
        permute(x, idx, 5, 3)
        answers = [unpermute(ys, row_of_slot, weights) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


def routes(tokens, experts, k):
    """k different experts for each token, in no order."""
    return torch.stack([torch.randperm(experts)[:k] for _ in range(tokens)])


def layout_by_hand(idx, experts, block):
    """The choice in each slot, -1 for padding, and where each expert begins."""
    slots, offsets, choices = [], [0], idx.flatten().tolist()
    for expert in range(experts):
        mine = [choice for choice, chosen in enumerate(choices) if chosen == expert]
        slots += mine + [-1] * (-len(mine) % block)
        offsets.append(len(slots))
    return slots, offsets


def results(tokens, width, experts, k, block):
    """Results for the slots of some routing, and weights, in float64."""
    slots, _ = layout_by_hand(routes(tokens, experts, k), experts, block)
    return torch.randn(len(slots), width).double(), torch.tensor(slots), torch.rand(tokens, k).double()


def summed_by_hand(ys, row_of_slot, weights):
    """The definition, slot by slot."""
    tokens, k = weights.shape
    y = torch.zeros(tokens, ys.shape[1], dtype=torch.float64)
    for row, choice in enumerate(row_of_slot.tolist()):
        if choice >= 0:
            y[choice // k] += weights[choice // k, choice % k] * ys[row]
    return y
