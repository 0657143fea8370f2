"""Strictly balanced gates keep m tokens of each expert; thresholds, trained by a loss, stand in for a batch.

Letters: tokens T, experts n. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import batchwise_gates, threshold_gates, threshold_loss

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, n, m: all different, as many tokens as experts; one place, all but one, all; a single token or expert.
SETTINGS = [(7, 4, 2), (3, 5, 1), (4, 4, 3), (5, 3, 5), (1, 4, 1), (6, 1, 2)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_shapes_and_dtypes(dtype):
    """Both gates are (T, n), the loss has no axes, all of the dtype of x."""
    x, thresholds = (t.to(dtype) for t in drawn(6, 4))
    results = {
        "batchwise gates": (batchwise_gates(x, 2), (6, 4)),
        "threshold gates": (threshold_gates(x, thresholds), (6, 4)),
        "loss": (threshold_loss(x, thresholds, 2), ()),
    }
    for name, (result, shape) in results.items():
        assert_shape(result, shape, label=name)
        assert result.dtype == dtype, f"{name}: x of {dtype} gives {dtype}, got {result.dtype}"


@after("test_shapes_and_dtypes")
def test_worked_example():
    """The example of the brief comes out as written."""
    x, thresholds = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]]), torch.tensor([0.5, 0.5])
    assert_close(
        batchwise_gates(x, 1), torch.tensor([[1, 0], [0, 0], [0, 1]]).double(), label="batchwise gates"
    )
    assert_close(
        threshold_gates(x, thresholds),
        torch.tensor([[1, 0], [1, 0], [0, 1]]).double(),
        label="threshold gates",
    )
    assert_close(threshold_loss(x, thresholds, 1), torch.tensor(0.1).double(), label="loss")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize(("tokens", "experts", "m"), SETTINGS)
def test_batchwise_gates_are_the_definition(tokens, experts, m):
    """Each expert keeps its m best tokens, and each token's kept gates are divided by their sum."""
    x, _ = drawn(tokens, experts)
    expected = normalised_by_hand(x, batch_mask(x, m))
    assert_close(batchwise_gates(x, m), expected, label="batchwise gates", rtol=1e-10, atol=1e-10)


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize(("tokens", "experts", "m"), SETTINGS)
def test_threshold_gates_are_the_definition(tokens, experts, m):
    """Each expert keeps what is above its threshold, and each token's kept gates are divided by their sum."""
    x, thresholds = drawn(tokens, experts)
    expected = normalised_by_hand(x, x > thresholds)
    assert_close(threshold_gates(x, thresholds), expected, label="threshold gates", rtol=1e-10, atol=1e-10)


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize(("tokens", "experts", "m"), SETTINGS)
def test_the_loss_is_the_definition(tokens, experts, m):
    """The loss sums gate minus threshold where the masks differ, with the sign of the difference."""
    x, thresholds = drawn(tokens, experts)
    expected = loss_by_hand(x, thresholds, m)
    assert_close(threshold_loss(x, thresholds, m), expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("m", [1, 2, 4])
def test_exactly_m_under_ties(m):
    """Where gates tie, each expert still keeps exactly m tokens."""
    kept = (batchwise_gates(torch.full((4, 3), 1 / 3), m) > 0).sum(dim=0).tolist()
    assert kept == [m] * 3, f"each expert keeps exactly {m} tokens, got {kept}"


@after("test_shapes_and_dtypes")
def test_at_the_threshold_is_not_above_it():
    """A gate exactly at its threshold is not kept."""
    x, thresholds = torch.tensor([[0.5, 0.5], [0.75, 0.25]]), torch.tensor([0.5, 0.25])
    assert_close(threshold_gates(x, thresholds), torch.tensor([[0, 1], [1, 0]]).double(), label="gates")


@after("test_shapes_and_dtypes")
def test_a_token_that_nobody_keeps():
    """A token that nobody keeps has all gates 0, and makes no gradient NaN."""
    x = torch.tensor([[0.6, 0.4], [0.5, 0.5], [0.4, 0.6]]).double()
    for function, argument in ((batchwise_gates, 1), (threshold_gates, torch.tensor([0.55, 0.55]).double())):
        leaf = x.clone().requires_grad_()
        gates = function(leaf, argument)
        expected = torch.tensor([[1, 0], [0, 0], [0, 1]]).double()
        assert_close(gates, expected, label=f"gates of {function.__name__}")
        gates.sum().backward()
        assert leaf.grad.isfinite().all(), f"the gradient through {function.__name__} is finite everywhere"


@after("test_batchwise_gates_are_the_definition", "test_threshold_gates_are_the_definition")
@pytest.mark.parametrize(("tokens", "experts", "m"), SETTINGS[:4])
def test_the_gradients_of_the_gates(tokens, experts, m):
    """x receives the gradient of the quotient, with the masks as constants."""
    x, thresholds = drawn(tokens, experts)
    worth = torch.randn(tokens, experts).double()
    for function, argument, mask in (
        (batchwise_gates, m, batch_mask(x, m)),
        (threshold_gates, thresholds, x > thresholds),
    ):
        total = (x * mask).sum(dim=1, keepdim=True)
        share = (x * mask / total * worth).nan_to_num().sum(dim=1, keepdim=True)
        expected = (mask * (worth - share) / total).nan_to_num()
        leaf = x.clone().requires_grad_()
        (function(leaf, argument) * worth).sum().backward()
        assert leaf.grad is not None, f"no gradient reaches x through {function.__name__}"
        assert_close(leaf.grad, expected, label=f"gradient of x through {function.__name__}", rtol=1e-8)


@after("test_the_loss_is_the_definition")
@pytest.mark.parametrize(("tokens", "experts", "m"), SETTINGS)
def test_the_gradients_of_the_loss(tokens, experts, m):
    """The thresholds receive minus the difference of the masks, x the difference itself."""
    x, thresholds = drawn(tokens, experts)
    difference = (x > thresholds).double() - batch_mask(x, m).double()
    leaves = [x.clone().requires_grad_(), thresholds.clone().requires_grad_()]
    threshold_loss(*leaves, m).backward()
    assert leaves[1].grad is not None, "no gradient reaches the thresholds: they would never learn"
    assert_close(leaves[1].grad, -difference.sum(dim=0), label="gradient of the thresholds")
    assert_close(leaves[0].grad, difference, label="gradient of x")


@after("test_the_gradients_of_the_loss")
def test_thresholds_learn():
    """Gradient steps on the loss bring the thresholds to where each keeps about m tokens.

    Pins: "a loss that is 0 when both masks agree".
    """
    x, thresholds = drawn(200, 4)[0], torch.full((4,), 0.9).double()
    for step in range(300):
        leaf = thresholds.clone().requires_grad_()
        threshold_loss(x, leaf, 50).backward()
        thresholds = thresholds - leaf.grad * 2e-3 / (1 + step / 10)
    kept = (x > thresholds).sum(dim=0)
    assert (kept - 50).abs().max() <= 5, (
        f"each expert should keep about 50 of 200 tokens, got {kept.tolist()}"
    )


@after("test_batchwise_gates_are_the_definition")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, thresholds = drawn(7, 4)
    x = x.T.contiguous().T
    expected = loss_by_hand(x, thresholds, 2)
    assert_close(threshold_loss(x, thresholds, 2), expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_shapes_and_dtypes")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    x, thresholds = drawn(7, 4)
    expected = normalised_by_hand(x, batch_mask(x, 2))
    with unchanged(x, thresholds), rng_unchanged():
        threshold_gates(x, thresholds)
        threshold_loss(x, thresholds, 2)
        answers = [batchwise_gates(x, 2) for _ in range(2)]
    for gates in answers:
        assert_close(gates, expected, label="batchwise gates", rtol=1e-10, atol=1e-10)


def drawn(tokens, experts):
    """Softmax gates that do not tie, and thresholds among them, in float64."""
    x = torch.randn(tokens, experts).double().softmax(dim=1) * torch.linspace(1, 0.9, tokens).double().view(
        -1, 1
    )
    return x, torch.rand(experts).double() / experts * 1.5


def batch_mask(x, m):
    """Which entries are among the m largest of their column, expert by expert."""
    mask = torch.zeros_like(x, dtype=torch.bool)
    for i, column in enumerate(x.T.tolist()):
        for j in sorted(range(len(column)), key=lambda j, column=column: -column[j])[:m]:
            mask[j, i] = True
    return mask


def normalised_by_hand(x, mask):
    """What the mask keeps over the sum of its row, 0 for a row without anything."""
    rows = []
    for row, keep in zip(x.tolist(), mask.tolist(), strict=True):
        kept = [value if k else 0.0 for value, k in zip(row, keep, strict=True)]
        rows.append([value / sum(kept) if sum(kept) else 0.0 for value in kept])
    return torch.tensor(rows, dtype=torch.float64)


def loss_by_hand(x, thresholds, m):
    """The definition, entry by entry."""
    mask, loss = batch_mask(x, m), 0.0
    for j, i in [(j, i) for j in range(x.shape[0]) for i in range(x.shape[1])]:
        gap = (x[j, i] - thresholds[i]).item()
        loss += ((gap > 0) - mask[j, i].item()) * gap
    assert math.isfinite(loss)
    return torch.tensor(loss, dtype=torch.float64)
