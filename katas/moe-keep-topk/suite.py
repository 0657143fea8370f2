"""KeepTopK keeps exactly the k largest logits of a row; the sparse gate is the softmax over those.

Letters: tokens T, experts E. Logits are spread so that rounding decides nothing. Expected values are loops
over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import keep_top_k, sparse_gates

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, E, k: more tokens than experts and fewer, as many; one kept, all, all but one.
SETTINGS = [(9, 4, 1), (3, 7, 2), (5, 5, 3), (6, 8, 8), (4, 6, 5), (1, 3, 2), (5, 1, 1)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16], ids=str)
def test_both_keep_shape_and_dtype(dtype):
    """Both results have the shape and the dtype of the logits."""
    logits = spread(3, 5).to(dtype)
    for result, label in ((keep_top_k(logits, 2), "keep_top_k"), (sparse_gates(logits, 2), "sparse_gates")):
        assert_shape(result, (3, 5), label=label)
        assert result.dtype == dtype, f"{label}: logits of {dtype} give {dtype}, got {result.dtype}"


@after("test_both_keep_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written."""
    logits = torch.tensor([[1.0, 4.0, 2.0, 3.0]])
    kept = torch.tensor([[-math.inf, 4.0, -math.inf, 3.0]]).double()
    gates = torch.tensor([[0, 0.731059, 0, 0.268941]]).double()
    assert_close(keep_top_k(logits, 2), kept, label="keep_top_k", nonfinite=True)
    assert_close(sparse_gates(logits, 2), gates, label="sparse_gates", atol=1e-5)


@after("test_both_keep_shape_and_dtype")
@pytest.mark.parametrize(("tokens", "experts", "k"), SETTINGS)
def test_the_k_largest_are_kept(tokens, experts, k):
    """The k largest logits of each row are kept as they are, all others become -inf."""
    logits = spread(tokens, experts)
    expected = kept_by_hand(logits, k)
    assert_close(keep_top_k(logits, k), expected, label="keep_top_k", nonfinite=True)


@after("test_both_keep_shape_and_dtype")
@pytest.mark.parametrize(("tokens", "experts", "k"), SETTINGS)
def test_gates_are_the_softmax_over_what_is_kept(tokens, experts, k):
    """The gates are the softmax over the kept logits, and exactly 0 elsewhere."""
    logits = spread(tokens, experts)
    expected = gates_by_hand(logits, k)
    gates = sparse_gates(logits, k)
    assert_close(gates, expected, label="gates")
    used = int((gates != 0).sum())
    assert used == tokens * k, f"{tokens * k} gates are above 0, and all others exactly 0; above 0: {used}"


@after("test_both_keep_shape_and_dtype")
@pytest.mark.parametrize("row", [[0, 0, 0, 0, 0], [1, 4, 1, 1, 0], [2, 2, 2, 7, 7]], ids=str)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_exactly_k_under_ties(row, k):
    """Where logits tie, exactly k are kept, and they are among the largest."""
    logits = torch.tensor(row).float().repeat(4, 1)
    largest = sorted(row, reverse=True)[:k]
    kept = keep_top_k(logits, k)
    for line in kept.tolist():
        finite = sorted((x for x in line if x != -math.inf), reverse=True)
        assert finite == largest, f"of {row} exactly {largest} is to be kept, got {finite}"
    used = (sparse_gates(logits, k) > 0).sum(dim=1).tolist()
    assert used == [k] * 4, f"exactly {k} gates of each row are above 0, got {used}"


@after("test_the_k_largest_are_kept", "test_gates_are_the_softmax_over_what_is_kept")
@pytest.mark.parametrize("offset", [-50.0, 10_000.0, -10_000.0])
def test_only_differences_matter_to_the_gates(offset):
    """Adding a number to all logits, huge or negative, leaves the gates as they are."""
    logits = spread(4, 6) + offset
    kept, gates = kept_by_hand(logits, 3), gates_by_hand(logits, 3)
    assert_close(keep_top_k(logits, 3), kept, label="keep_top_k", nonfinite=True)
    assert_close(sparse_gates(logits, 3), gates, label="gates", atol=1e-3)


@after("test_the_k_largest_are_kept", "test_gates_are_the_softmax_over_what_is_kept")
def test_a_disabled_expert_is_never_used():
    """An expert with the logit -inf gets the gate 0 while k others are finite, and disturbs no other.

    Pins: "is never used while".
    """
    logits = spread(4, 6)
    logits[:, 2] = -math.inf
    gates = gates_by_hand(logits, 5)
    assert_close(sparse_gates(logits, 5), gates, label="gates")


@after("test_gates_are_the_softmax_over_what_is_kept")
@pytest.mark.parametrize(("tokens", "experts", "k"), SETTINGS[:5])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_the_gradient_of_the_gates(tokens, experts, k, dtype):
    """Kept logits receive the gradient of the softmax over them, all others 0."""
    logits, worth = spread(tokens, experts).to(dtype), torch.randn(tokens, experts).to(dtype)
    gates = gates_by_hand(logits, k)
    total = (gates * worth.double()).sum(dim=1, keepdim=True)
    expected = gates * (worth.double() - total)
    leaf = logits.clone().requires_grad_()
    (sparse_gates(leaf, k) * worth).sum().backward()
    assert leaf.grad is not None, "no gradient reaches the logits"
    assert_close(leaf.grad, expected, label="gradient of the logits")


@after("test_the_k_largest_are_kept")
def test_the_gradient_of_what_is_kept():
    """Through keep_top_k a kept logit receives its own gradient, all others 0."""
    logits, worth = spread(4, 6), torch.randn(4, 6)
    is_kept = kept_by_hand(logits, 2).isfinite()
    leaf = logits.clone().requires_grad_()
    kept = keep_top_k(leaf, 2)
    (kept[is_kept] * worth[is_kept]).sum().backward()
    assert leaf.grad is not None, "no gradient reaches the logits"
    assert_close(leaf.grad, (worth * is_kept).double(), label="gradient of the logits")


@after("test_gates_are_the_softmax_over_what_is_kept")
def test_float64_keeps_its_precision():
    """Gates of float64 logits have the precision of float64."""
    logits = spread(5, 7).double()
    expected = gates_by_hand(logits, 4)
    assert_close(sparse_gates(logits, 4), expected, label="gates", rtol=1e-12, atol=1e-12)


@after("test_both_keep_shape_and_dtype")
def test_no_tokens():
    """No tokens give empty results of shape (0, E).

    Pins: "give an empty result of shape".
    """
    assert_shape(keep_top_k(torch.zeros(0, 4), 2), (0, 4), label="keep_top_k")
    assert_shape(sparse_gates(torch.zeros(0, 4), 2), (0, 4), label="sparse_gates")


@after("test_gates_are_the_softmax_over_what_is_kept")
def test_logits_may_be_non_contiguous():
    """Logits in any memory layout will do.

    Pins: "may have any memory layout".
    """
    logits = spread(4, 12)[:, ::2]
    expected = gates_by_hand(logits, 3)
    assert_close(sparse_gates(logits, 3), expected, label="gates")


@after("test_both_keep_shape_and_dtype")
def test_nothing_else_happens():
    """The logits stay as they were, no random number is drawn, the same call gives the same answer."""
    logits = spread(4, 6)
    expected = gates_by_hand(logits, 2)
    with unchanged(logits), rng_unchanged():
        keep_top_k(logits, 2)
        answers = [sparse_gates(logits, 2) for _ in range(2)]
    for gates in answers:
        assert_close(gates, expected, label="gates")


def spread(tokens, experts):
    """Logits in random order, of both signs, half a unit apart, so that no dtype confuses two of them."""
    return torch.stack([torch.randperm(experts) / 2 for _ in range(tokens)]) - experts / 4


def kept_by_hand(logits, k):
    """KeepTopK row by row, for logits that do not tie."""
    rows = []
    for row in logits.double().tolist():
        limit = sorted(row, reverse=True)[k - 1]
        rows.append([x if x >= limit else -math.inf for x in row])
    return torch.tensor(rows, dtype=torch.float64)


def gates_by_hand(logits, k):
    """exp of each kept logit over the sum of its row, in plain floats."""
    rows = []
    for row in kept_by_hand(logits, k).tolist():
        powers = [math.exp(x - max(row)) for x in row]
        rows.append([power / sum(powers) for power in powers])
    return torch.tensor(rows, dtype=torch.float64)
