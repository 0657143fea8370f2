"""Dispatch groups a copy of its token for each choice by expert; combine adds weighed results back.

Letters: tokens T, width D, experts E. What is free inside a group, `order` has to say. Expected values are
computed before the call.
"""

import pytest
import torch
from submission import combine, dispatch

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, D, E, k: all different, as many tokens as experts, k = 1 and k = E.
SETTINGS = [(7, 5, 4, 2), (3, 4, 8, 3), (6, 3, 6, 2), (5, 2, 4, 1), (4, 5, 3, 3), (1, 3, 5, 2)]


def test_shapes_and_dtypes():
    """dispatch returns xs (T k, D), order (T k,) and counts (E,), the last two int64."""
    result = dispatch(torch.randn(5, 3), routes(5, 4, 2), 4)
    assert isinstance(result, tuple), f"dispatch returns a tuple of three, got a {type(result).__name__}"
    xs, order, counts = result
    assert_shape(xs, (10, 3), label="xs")
    assert_shape(order, (10,), label="order")
    assert_shape(counts, (4,), label="counts")
    assert order.dtype == torch.int64, f"order is int64, got {order.dtype}"
    assert counts.dtype == torch.int64, f"counts are int64, got {counts.dtype}"


@after("test_shapes_and_dtypes")
def test_the_order_names_every_choice_once():
    """order holds every choice from 0 to T k - 1 once."""
    _, order, _ = dispatch(torch.randn(7, 3), routes(7, 4, 2), 4)
    assert_close(order.sort().values, torch.arange(14), label="order, sorted")


@after("test_the_order_names_every_choice_once")
@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS)
def test_rows_are_grouped_by_expert(tokens, width, experts, k):
    """The choices stand in the order of their experts: first all of expert 0, then all of expert 1."""
    idx = routes(tokens, experts, k)
    by_choice = idx.flatten().clone()
    _, order, _ = dispatch(torch.randn(tokens, width), idx, experts)
    expected = torch.tensor(sorted(by_choice.tolist()))
    assert_close(by_choice[order], expected, label="expert of each row")


@after("test_rows_are_grouped_by_expert")
@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS)
def test_each_row_is_the_token_of_its_choice(tokens, width, experts, k):
    """Each row of xs is the token that its choice belongs to."""
    x, idx = torch.randn(tokens, width), routes(tokens, experts, k)
    copies = torch.stack([x[t] for t in range(tokens) for _ in range(k)]).double()  # one for each choice
    xs, order, _ = dispatch(x, idx, experts)
    assert_close(xs, copies[order], label="xs")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS)
def test_counts_say_how_many_rows_each_expert_has(tokens, width, experts, k):
    """counts has a number for each expert, 0 for those that nobody chose."""
    idx = routes(tokens, experts, k)
    expected = torch.tensor([idx.flatten().tolist().count(expert) for expert in range(experts)])
    _, _, counts = dispatch(torch.randn(tokens, width), idx, experts)
    assert_close(counts, expected, label="counts")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("chosen", [[0], [3], [1, 2]], ids=str)
def test_experts_that_nobody_chose(chosen):
    """Experts that nobody chose, the first, the last, or between, have the count 0."""
    idx = torch.tensor([chosen] * 4)
    expected = torch.tensor([4 if expert in chosen else 0 for expert in range(4)])
    _, _, counts = dispatch(torch.randn(4, 3), idx, 4)
    assert_close(counts, expected, label="counts")


@after("test_each_row_is_the_token_of_its_choice")
def test_worked_example():
    """The example of the brief comes out as written."""
    idx, ys = torch.tensor([[2, 0], [0, 1]]), torch.tensor([[10.0], [20.0], [30.0], [40.0]])
    weights = torch.tensor([[0.5, 0.5], [0.25, 0.75]])
    _, order, counts = dispatch(torch.tensor([[0.0], [1.0]]), idx, 3)
    assert_close(counts, torch.tensor([2, 1, 1]), label="counts")
    assert order.tolist() in ([1, 2, 3, 0], [2, 1, 3, 0]), (
        f"order is (1, 2, 3, 0) or (2, 1, 3, 0), got {order}"
    )
    y = combine(ys, torch.tensor([1, 2, 3, 0]), weights)
    assert_close(y, torch.tensor([[25.0], [27.5]]).double(), label="y")


@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS)
def test_combine_is_the_weighted_sum(tokens, width, experts, k):
    """Each token gets the sum of its results, each times the weight of its choice, for any order."""
    ys, order, weights = results(tokens, width, k)
    ys, weights = ys.double(), weights.double()
    expected = combined_by_hand(ys, order, weights)
    y = combine(ys, order, weights)
    assert_shape(y, (tokens, width), label="y")
    assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_combine_is_the_weighted_sum", "test_each_row_is_the_token_of_its_choice")
def test_experts_in_between():
    """Around experts that change the width and are not linear, the result is the sum of the definition.

    Pins: "what the experts made of the rows of `xs`, in the same order".
    """
    x, idx, weights = torch.randn(6, 4), routes(6, 5, 2), torch.rand(6, 2)
    w = torch.randn(5, 4, 3)
    expected = torch.zeros(6, 3).double()
    for t in range(6):
        for j in range(2):
            expected[t] += weights[t, j].double() * torch.tanh(x[t].double() @ w[idx[t, j]].double())
    xs, order, counts = dispatch(x, idx, 5)
    blocks = zip(xs.split(counts.tolist()), w, strict=True)
    y = combine(torch.cat([torch.tanh(block @ each) for block, each in blocks]), order, weights)
    assert_close(y, expected, label="y", rtol=1e-5, atol=1e-5)


@after("test_shapes_and_dtypes", "test_combine_is_the_weighted_sum")
def test_no_tokens():
    """No tokens give empty tensors and counts of zero.

    Pins: "give empty tensors and counts of zero".
    """
    xs, order, counts = dispatch(torch.zeros(0, 3), torch.zeros(0, 2, dtype=torch.int64), 4)
    assert_shape(xs, (0, 3), label="xs")
    assert_close(counts, torch.zeros(4, dtype=torch.int64), label="counts")
    assert_shape(combine(torch.zeros(0, 5), order, torch.zeros(0, 2)), (0, 5), label="y")


@after("test_each_row_is_the_token_of_its_choice")
def test_the_gradient_of_dispatch():
    """All copies of a token add up in its gradient."""
    x, idx, worth = torch.randn(6, 4).double(), routes(6, 5, 2), torch.randn(12, 4).double()
    leaf = x.clone().requires_grad_()
    xs, order, _ = dispatch(leaf, idx, 5)
    expected = torch.stack([worth[2 * t] + worth[2 * t + 1] for t in range(6)])
    (xs * worth[order]).sum().backward()
    assert leaf.grad is not None, "no gradient reaches x"
    assert_close(leaf.grad, expected, label="gradient of x")


@after("test_combine_is_the_weighted_sum")
def test_the_gradients_of_combine():
    """Results and weights receive the gradients of the weighted sum."""
    ys, order, weights = (t.double() if t.is_floating_point() else t for t in results(6, 4, 2))
    worth = torch.randn(6, 4).double()
    by_ys, by_weights = torch.zeros(12, 4).double(), torch.zeros(6, 2).double()
    for row, choice in enumerate(order.tolist()):
        t, j = divmod(choice, 2)
        by_ys[row] = weights[t, j] * worth[t]
        by_weights[t, j] = (ys[row] * worth[t]).sum()
    ys, weights = ys.clone().requires_grad_(), weights.clone().requires_grad_()
    (combine(ys, order, weights) * worth).sum().backward()
    assert ys.grad is not None, "no gradient reaches ys"
    assert weights.grad is not None, "no gradient reaches the weights"
    assert_close(ys.grad, by_ys, label="gradient of ys")
    assert_close(weights.grad, by_weights, label="gradient of the weights")


@after("test_combine_is_the_weighted_sum", "test_each_row_is_the_token_of_its_choice")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_the_dtype_stays(dtype):
    """xs has the dtype of x, y that of ys, float64 with its precision.

    Pins: "of the dtype of `ys`".
    """
    x, (ys, order, weights) = torch.randn(6, 4).to(dtype), results(6, 4, 2)
    xs, _, _ = dispatch(x, routes(6, 5, 2), 5)
    assert xs.dtype == dtype, f"x of {dtype} gives xs of {dtype}, got {xs.dtype}"
    # Quarters and eighths: their products and sums are exact in each dtype.
    ys, weights = (ys * 4).round().to(dtype) / 4, (weights * 4).round().to(dtype) / 8
    expected = combined_by_hand(ys, order, weights)
    assert_close(combine(ys, order, weights), expected, label="y", dtype=dtype, rtol=1e-9, atol=1e-9)


@after("test_combine_is_the_weighted_sum", "test_each_row_is_the_token_of_its_choice")
def test_arguments_may_be_non_contiguous():
    """All arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, idx = torch.randn(4, 6).T, routes(6, 5, 2).T.contiguous().T
    by_choice = torch.stack([x[t] for t in range(6) for _ in range(2)]).double()
    xs, order, _ = dispatch(x, idx, 5)
    assert_close(xs, by_choice[order], label="xs")
    ys, order, weights = results(6, 4, 2)
    expected = combined_by_hand(ys, order, weights)
    y = combine(ys.T.contiguous().T, order, weights.T.contiguous().T)
    assert_close(y, expected, label="y", rtol=1e-5, atol=1e-5)


@after("test_combine_is_the_weighted_sum", "test_each_row_is_the_token_of_its_choice")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    x, idx, (ys, order, weights) = torch.randn(6, 4), routes(6, 5, 2), results(6, 4, 2)
    expected = combined_by_hand(ys, order, weights)
    with unchanged(x, idx, ys, order, weights), rng_unchanged():
        dispatch(x, idx, 5)
        answers = [combine(ys, order, weights) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y", rtol=1e-5, atol=1e-5)


def routes(tokens, experts, k):
    """k different experts for each token, in no order."""
    return torch.stack([torch.randperm(experts)[:k] for _ in range(tokens)])


def results(tokens, width, k):
    """Results of experts in an order that is nobody's, and weights."""
    return torch.randn(tokens * k, width), torch.randperm(tokens * k), torch.rand(tokens, k)


def combined_by_hand(ys, order, weights):
    """The definition in float64: for each choice, its row times its weight, added to its token."""
    tokens, k = weights.shape
    y = torch.zeros(tokens, ys.shape[1], dtype=torch.float64)
    for row, choice in enumerate(order.tolist()):
        y[choice // k] += weights[choice // k, choice % k].double() * ys[row].double()
    return y
