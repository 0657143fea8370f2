"""Logits are divided by the temperature and cut at k tokens and at a share p, each at its own place.

Letters: batch B, vocabulary V. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import filter_logits

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

INF = math.inf


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("size", [(2, 5), (3, 3), (1, 4), (3, 1)], ids=str)
def test_shape_and_dtype(size, dtype):
    """The result has the shape and the dtype of the logits."""
    filtered = filter_logits(torch.randn(size).to(dtype), 0.7, 2, 0.9)
    assert_shape(filtered, size, label="result")
    assert filtered.dtype == dtype, f"logits of {dtype} give {dtype}, got {filtered.dtype}"


@after("test_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written."""
    logits = torch.tensor([[0.1, 0.5, 0.4]], dtype=torch.float64).log()
    compare(
        filter_logits(logits, top_p=0.6),
        torch.tensor([[-INF, math.log(0.5), math.log(0.4)]], dtype=torch.float64),
    )


@after("test_shape_and_dtype")
def test_nothing_is_cut_by_default():
    """Without a temperature, k and p the logits come back as they are, the tiniest too."""
    logits = 20 * torch.randn(3, 50).double()
    logits[:, 7] = 200  # so large that all the others together are lost in rounding
    compare(filter_logits(logits), logits.clone())


@after("test_shape_and_dtype")
@pytest.mark.parametrize("temperature", [0.25, 0.5, 3.0])
def test_temperature_divides(temperature):
    """Logits are divided by the temperature."""
    logits = torch.randn(2, 5).double()
    compare(filter_logits(logits, temperature), logits / temperature)


@after("test_shape_and_dtype")
@pytest.mark.parametrize("top_k", [1, 2, 5, 6, 100])
def test_top_k(top_k):
    """The k most likely tokens are kept, at their places; a k of V or more keeps all."""
    logits = torch.randn(3, 6).double()
    expected = by_hand(logits, 1.0, top_k, 1.0)
    compare(filter_logits(logits, top_k=top_k), expected)


@after("test_shape_and_dtype")
@pytest.mark.parametrize("top_p", [1e-9, 0.3, 0.55, 0.85, 0.96, 0.999])
def test_top_p(top_p):
    """The smallest set that sums to p is kept, the token that crosses p included, one at least."""
    logits = torch.tensor([[0.25, 0.4, 0.05, 0.3], [0.02, 0.08, 0.7, 0.2], [0.945, 0.05, 0.004, 0.001]])
    logits = logits.double().log()
    expected = by_hand(logits, 1.0, 0, top_p)
    compare(filter_logits(logits, top_p=top_p), expected)


@after("test_top_p")
def test_exactly_p_is_enough():
    """A set that sums to exactly p is enough."""
    expected = torch.tensor([[0.0, 0.0, -INF, -INF]], dtype=torch.float64)
    compare(filter_logits(torch.zeros(1, 4).double(), top_p=0.5), expected)


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("top_k", "top_p"), [(0, 1.0), (3, 1.0), (0, 0.9), (2, 0.5)])
def test_a_temperature_of_zero_is_greedy(top_k, top_p):
    """A temperature of 0 keeps only the largest logit, undivided."""
    logits = torch.tensor([[1.0, 3.0, 2.0, 2.5], [-1.0, -4.0, -3.0, -2.0]], dtype=torch.float64)
    expected = torch.tensor([[-INF, 3.0, -INF, -INF], [-1.0, -INF, -INF, -INF]], dtype=torch.float64)
    compare(filter_logits(logits, 0.0, top_k, top_p), expected)


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("top_k", "kept"), [(1, [1]), (2, [1, 3]), (3, [1, 3, 4])])
def test_ties_are_broken_by_place(top_k, kept):
    """Of equal logits the earlier counts as more likely, so exactly k are kept."""
    expected = torch.full((1, 6), -INF).double()
    expected[0, kept] = 2.0
    logits = torch.tensor([[0.0, 2.0, 1.0, 2.0, 2.0, 2.0]], dtype=torch.float64)
    compare(filter_logits(logits, top_k=top_k), expected)
    logits = torch.randint(3, (2, 200)).double()
    expected = by_hand(logits, 1.0, top_k, 1.0)
    compare(filter_logits(logits, top_k=top_k), expected)


@after("test_top_k", "test_top_p", "test_temperature_divides")
@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p"), [(2.0, 0, 0.75), (0.5, 0, 0.75), (1.0, 2, 0.55), (2.0, 3, 0.7)]
)
def test_each_step_works_on_what_is_left(temperature, top_k, top_p):
    """The nucleus is that of the scaled logits, among the k that are left."""
    logits = torch.tensor(
        [[0.02, 0.3, 0.08, 0.45, 0.15], [0.6, 0.2, 0.1, 0.06, 0.04]], dtype=torch.float64
    ).log()
    expected = by_hand(logits, temperature, top_k, top_p)
    compare(filter_logits(logits, temperature, top_k, top_p), expected)


@after("test_each_step_works_on_what_is_left")
def test_the_gradients():
    """Kept logits receive one over the temperature, cut ones nothing."""
    logits = torch.tensor([[0.02, 0.3, 0.08, 0.45, 0.15]], dtype=torch.float64).log()
    kept = by_hand(logits, 2.0, 4, 0.7) > -INF
    worth = torch.randn(1, 5).double()
    leaf = logits.clone().requires_grad_()
    filtered = filter_logits(leaf, 2.0, 4, 0.7)
    (filtered * worth)[kept].sum().backward()
    assert leaf.grad is not None, "no gradient reaches the logits"
    assert_close(leaf.grad, worth * kept / 2, label="gradient of the logits", rtol=1e-10, atol=1e-12)


@after("test_shape_and_dtype")
def test_nothing_else_happens():
    """The logits may have any memory layout and stay as they were; no random number is drawn."""
    logits = torch.tensor([[0.02, 0.6], [0.3, 0.2], [0.53, 0.16], [0.15, 0.04]], dtype=torch.float64).log().T
    expected = by_hand(logits, 0.5, 3, 0.7)
    with unchanged(logits), rng_unchanged():
        answers = [filter_logits(logits, 0.5, 3, 0.7) for _ in range(2)]
    for filtered in answers:
        compare(filtered, expected)


def compare(filtered, expected):
    """First what is kept, then the logits that are."""
    assert_close(filtered > -INF, expected > -INF, label="tokens that are kept")
    kept = expected > -INF
    assert_close(filtered[kept], expected[kept], label="logits that are kept", rtol=1e-10, atol=1e-12)


def by_hand(logits, temperature, top_k, top_p):
    """The three steps, row by row, in plain floats."""
    rows = []
    for row in (logits / temperature).tolist():
        order = sorted(range(len(row)), key=lambda v, row=row: -row[v])[: top_k or len(row)]
        powers, kept, total = [math.exp(row[v]) for v in order], [], 0.0
        for v, power in zip(order, powers, strict=True):
            if total < top_p * sum(powers) or top_p == 1:
                kept.append(v)
            total += power
        rows.append([z if v in kept else -INF for v, z in enumerate(row)])
    return torch.tensor(rows, dtype=torch.float64)
