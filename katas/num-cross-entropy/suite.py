"""The loss is the mean over the rows that count of the cross-entropy with a smoothed target.

Letters: rows N, classes C, smoothing S. Expected values are loops over plain floats, computed
before the call.
"""

import math

import pytest
import torch
from submission import cross_entropy

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# N, C, S: different and equal, one row, one class, no smoothing and all smoothing.
SETTINGS = [(5, 3, 0.0), (4, 6, 0.1), (4, 4, 0.3), (1, 5, 0.2), (3, 1, 0.5), (6, 2, 1.0)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_returns_one_number(dtype):
    """The loss is a tensor of no axes, of the dtype of the logits."""
    for rows, classes, smoothing in SETTINGS:
        logits, targets = drawn(rows, classes)
        loss = cross_entropy(logits.to(dtype), targets, label_smoothing=smoothing)
        assert_shape(loss, (), label="loss")
        assert loss.dtype == dtype, f"logits of {dtype} give {dtype}, got {loss.dtype}"


@after("test_returns_one_number")
def test_worked_example():
    """The example of the brief comes out as written."""
    logits, targets = torch.tensor([[0.0, math.log(3)], [5.0, 1.0]]), torch.tensor([1, -100])
    loss = cross_entropy(logits, targets, label_smoothing=0.2)
    assert_close(loss, torch.tensor(0.397543, dtype=torch.float64), label="loss", atol=1e-5)


@after("test_returns_one_number")
@pytest.mark.parametrize(("rows", "classes", "smoothing"), SETTINGS)
def test_the_loss_is_the_definition(rows, classes, smoothing):
    """Without ignored rows the loss is the mean of the formula over all rows."""
    logits, targets = drawn(rows, classes)
    expected = by_hand(logits, targets, -100, smoothing)
    loss = cross_entropy(logits, targets, label_smoothing=smoothing)
    assert_close(loss, expected, label="loss", rtol=1e-10, atol=1e-10)
    if smoothing == 0:
        assert_close(cross_entropy(logits, targets), expected, label="loss without a smoothing")


@after("test_returns_one_number")
@pytest.mark.parametrize(
    ("rows", "classes", "smoothing"), [(5, 3, 0.0), (6, 4, 0.2), (4, 1, 0.3), (5, 128, 0.0)]
)
def test_ignored_rows_do_not_count(rows, classes, smoothing):
    """Rows of ignore_index count neither in the sum nor in the number, with 128 classes too."""
    logits, targets = drawn(rows, classes)
    targets[[0, 2]] = -100
    expected = by_hand(logits, targets, -100, smoothing)
    loss = cross_entropy(logits, targets, label_smoothing=smoothing)
    assert_close(loss, expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_ignored_rows_do_not_count")
@pytest.mark.parametrize("ignored", [-1, 0, 3, 255])
def test_any_number_may_be_ignored(ignored):
    """ignore_index may be any number, that of a class included."""
    logits, targets = drawn(6, 4)
    targets[:4] = torch.tensor([0, 3, 1, 2])
    targets[4] = ignored
    expected = by_hand(logits, targets, ignored, 0.1)
    loss = cross_entropy(logits, targets, ignore_index=ignored, label_smoothing=0.1)
    assert_close(loss, expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_returns_one_number")
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_nothing_to_count(rows, smoothing):
    """Where no row counts the loss is 0, with finite gradients."""
    logits = torch.randn(rows, 4).requires_grad_()
    loss = cross_entropy(logits, torch.full((rows,), -100), label_smoothing=smoothing)
    assert_close(loss, torch.zeros((), dtype=torch.float64), label="loss")
    loss.backward()
    assert logits.grad is None or logits.grad.isfinite().all(), "the gradient is finite here too"


@after("test_the_loss_is_the_definition")
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_large_logits(smoothing):
    """Logits near 1000 do not overflow, and an unlikely class has a large loss, not infinity."""
    logits = torch.tensor([[1000.0, 1001.0, 0.0], [-1000.0, 0.0, 1.0], [-1000.0, -1001.0, -999.0]])
    targets = torch.tensor([2, 0, 1])
    expected = by_hand(logits, targets, -100, smoothing)
    assert_close(cross_entropy(logits, targets, label_smoothing=smoothing), expected, label="loss")


@after("test_ignored_rows_do_not_count")
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_gradient(smoothing):
    """Rows that count receive softmax minus smoothed target, over their number; ignored ones 0."""
    logits, targets = drawn(5, 3)
    targets[1] = -100
    expected = torch.zeros(5, 3, dtype=torch.float64)
    for n in (0, 2, 3, 4):
        powers = [math.exp(z) for z in logits[n].tolist()]
        for c in range(3):
            target = smoothing / 3 + (1 - smoothing) * (c == targets[n].item())
            expected[n, c] = (powers[c] / sum(powers) - target) / 4
    leaf = logits.clone().requires_grad_()
    cross_entropy(leaf, targets, label_smoothing=smoothing).backward()
    assert leaf.grad is not None, "no gradient reaches the logits"
    assert_close(leaf.grad, expected, label="gradient of the logits", rtol=1e-9, atol=1e-10)


@after("test_ignored_rows_do_not_count")
def test_arguments_may_be_non_contiguous():
    """The arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    logits, targets = drawn(8, 5)
    logits, targets = logits[::2, 1:4], targets[::2].clamp(max=2)
    expected = by_hand(logits, targets, -100, 0.1)
    loss = cross_entropy(logits, targets, label_smoothing=0.1)
    assert_close(loss, expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_returns_one_number")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    logits, targets = drawn(5, 3)
    targets[1] = -100
    expected = by_hand(logits, targets, -100, 0.1)
    with unchanged(logits, targets), rng_unchanged():
        answers = [cross_entropy(logits, targets, label_smoothing=0.1) for _ in range(2)]
    for loss in answers:
        assert_close(loss, expected, label="loss", rtol=1e-10, atol=1e-10)


def drawn(rows, classes):
    """Logits in float64, and targets."""
    return 2 * torch.randn(rows, classes).double(), torch.randint(classes, (rows,))


def by_hand(logits, targets, ignored, smoothing):
    """The definition, row by row, in plain floats."""
    losses = []
    for row, target in zip(logits.double().tolist(), targets.tolist(), strict=True):
        if target != ignored:
            top = max(row)
            total = top + math.log(sum(math.exp(z - top) for z in row))
            uniform = sum(total - z for z in row) / len(row)
            losses.append((1 - smoothing) * (total - row[target]) + smoothing * uniform)
    return torch.tensor(sum(losses) / max(len(losses), 1), dtype=torch.float64)
