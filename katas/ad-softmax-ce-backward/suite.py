"""The gradient is softmax minus one-hot, over the number of rows.

Letters: rows N, classes C. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import softmax_ce_backward

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

SIZES = [(5, 3), (2, 6), (4, 4), (1, 5), (3, 1), (1, 1)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_shape_and_dtype(dtype):
    """The gradient has the shape and the dtype of the logits."""
    for rows, classes in SIZES:
        logits, targets = drawn(rows, classes)
        gradient = backward(logits.to(dtype), targets)
        assert_shape(gradient, (rows, classes), label="gradient")
        assert gradient.dtype == dtype, f"logits of {dtype} give {dtype}, got {gradient.dtype}"


@after("test_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written."""
    gradient = backward(torch.tensor([[0.0, math.log(3)], [0.0, 0.0]]), torch.tensor([1, 0]))
    expected = torch.tensor([[0.125, -0.125], [-0.25, 0.25]], dtype=torch.float64)
    assert_close(gradient, expected, label="gradient")


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("rows", "classes"), SIZES)
def test_the_gradient_is_the_formula(rows, classes):
    """Each row is what the model says minus what it should say, over the number of rows."""
    logits, targets = drawn(rows, classes)
    expected = by_hand(logits, targets)
    assert_close(backward(logits, targets), expected, label="gradient", rtol=1e-10, atol=1e-12)


@after("test_the_gradient_is_the_formula")
def test_small_changes_change_the_loss_as_it_says():
    """The loss changes with each logit as the gradient says.

    Pins: "the gradient is of that mean".
    """
    logits, targets = drawn(4, 3)
    slopes = torch.zeros(4, 3, dtype=torch.float64)
    for n in range(4):
        for c in range(3):
            up, down = logits.clone(), logits.clone()
            up[n, c] += 1e-5
            down[n, c] -= 1e-5
            slopes[n, c] = (loss_by_hand(up, targets) - loss_by_hand(down, targets)) / 2e-5
    assert_close(backward(logits, targets), slopes, label="gradient", rtol=1e-6, atol=1e-8)


@after("test_the_gradient_is_the_formula")
def test_steps_against_it_lower_the_loss():
    """A hundred steps against the gradient bring the loss near 0.

    Pins: "Training a classifier begins".
    """
    logits, targets = drawn(6, 4)
    for _ in range(100):
        logits = logits - 20 * backward(logits, targets)
    assert loss_by_hand(logits, targets) < 0.05, "steps against the gradient must lower the loss"


@after("test_the_gradient_is_the_formula")
def test_large_logits():
    """Logits near 1000 give finite numbers."""
    logits = torch.tensor([[1000.0, 1001.0, 0.0], [-1000.0, -1001.0, -999.0]])
    targets = torch.tensor([2, 0])
    expected = by_hand(logits, targets)
    assert_close(backward(logits, targets), expected, label="gradient")


@after("test_the_gradient_is_the_formula")
def test_arguments_may_be_non_contiguous():
    """The arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    logits, targets = drawn(3, 5)
    logits, targets = logits.T.contiguous().T, torch.stack([targets, targets], dim=1)[:, 0]
    expected = by_hand(logits, targets)
    assert_close(backward(logits, targets), expected, label="gradient", rtol=1e-10, atol=1e-12)


@after("test_shape_and_dtype")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    logits, targets = drawn(5, 3)
    expected = by_hand(logits, targets)
    with unchanged(logits, targets), rng_unchanged():
        answers = [backward(logits, targets) for _ in range(2)]
    for gradient in answers:
        assert_close(gradient, expected, label="gradient", rtol=1e-10, atol=1e-12)


def backward(logits, targets):
    """Call the function with gradients switched off."""
    with torch.no_grad():
        return softmax_ce_backward(logits, targets)


def drawn(rows, classes):
    """Logits in float64, and targets."""
    return 2 * torch.randn(rows, classes).double(), torch.randint(classes, (rows,))


def by_hand(logits, targets):
    """The formula, entry by entry, in plain floats."""
    rows = []
    for row, target in zip(logits.double().tolist(), targets.tolist(), strict=True):
        powers = [math.exp(z - max(row)) for z in row]
        rows.append([(e / sum(powers) - (c == target)) / len(logits) for c, e in enumerate(powers)])
    return torch.tensor(rows, dtype=torch.float64)


def loss_by_hand(logits, targets):
    """The mean loss, in plain floats."""
    losses = []
    for row, target in zip(logits.tolist(), targets.tolist(), strict=True):
        losses.append(math.log(sum(math.exp(z - max(row)) for z in row)) + max(row) - row[target])
    return sum(losses) / len(losses)
