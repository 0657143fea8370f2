"""Training normalises by the batch and moves the running statistics; evaluation uses them as they are.

Letters: examples N, channels C. Expected values are loops over plain floats, computed before the call.
"""

import pytest
import torch
from submission import batch_norm

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Shapes: no further axes, one, two, N = C, C = 1, one example of several pixels, all sizes equal but one.
SHAPES = [(5, 3), (4, 2, 3), (3, 4, 2, 5), (3, 3), (6, 1), (1, 3, 4), (2, 3, 3, 3)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shape_and_dtype(shape, training, dtype):
    """The result has the shape and the dtype of x, in both modes."""
    x, *others = (tensor.to(dtype) for tensor in drawn(shape))
    result = batch_norm(x, *others, training)
    assert_shape(result, shape, label="y")
    assert result.dtype == dtype, f"x of {dtype} gives {dtype}, got {result.dtype}"


@after("test_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written."""
    mean, var = torch.tensor([0.0]), torch.tensor([1.0])
    x = torch.tensor([[1.0], [3.0], [5.0]])
    y = batch_norm(x, mean, var, torch.tensor([2.0]), torch.tensor([1.0]), True, 0.5, 1e-12)
    expected = torch.tensor([[-1.449490], [1.0], [3.449490]], dtype=torch.float64)
    assert_close(y, expected, label="y", atol=1e-5)
    assert_close(mean, torch.tensor([1.5], dtype=torch.float64), label="running mean")
    assert_close(var, torch.tensor([2.5], dtype=torch.float64), label="running variance")


@after("test_shape_and_dtype")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_training_normalises_by_the_batch(shape):
    """In training each channel is normalised by its own mean and variance, which divides by n."""
    x, mean, var, w, b = drawn(shape)
    mu, variance = statistics(x)
    expected = by_hand(x, mu, variance, w, b, 1e-3)
    y = batch_norm(x, mean, var, w, b, True, eps=1e-3)
    assert_close(y, expected, label="y in training", rtol=1e-10, atol=1e-10)


@after("test_shape_and_dtype")
@pytest.mark.parametrize("shape", [*SHAPES, (1, 4), (1, 1)], ids=str)
def test_evaluation_uses_running_statistics(shape):
    """In evaluation each channel is normalised by the running statistics; one number is enough."""
    x, mean, var, w, b = drawn(shape)
    expected = by_hand(x, mean, var, w, b, 1e-3)
    y = batch_norm(x, mean, var, w, b, False, eps=1e-3)
    assert_close(y, expected, label="y in evaluation", rtol=1e-10, atol=1e-10)


@after("test_shape_and_dtype")
@pytest.mark.parametrize("momentum", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_running_statistics_move(shape, momentum):
    """The running mean moves by the momentum to the batch's, the variance to that with n - 1, in place."""
    x, mean, var, w, b = drawn(shape)
    right_mean, right_var = moved(x, mean, var, momentum)
    batch_norm(x, mean, var, w, b, True, momentum)
    assert_close(mean, right_mean, label="running mean", rtol=1e-10, atol=1e-10)
    assert_close(var, right_var, label="running variance", rtol=1e-10, atol=1e-10)


@after("test_running_statistics_move", "test_evaluation_uses_running_statistics")
def test_evaluation_after_training():
    """After several batches, evaluation uses what they left, and training goes on from there."""
    _, mean, var, w, b = drawn((4, 3))
    for step in range(3):
        x, probe = 2 * torch.randn(4, 3).double() + step, torch.randn(2, 3).double()
        right_mean, right_var = moved(x, mean, var, 0.3)
        expected = by_hand(probe, right_mean, right_var, w, b, 1e-5)
        batch_norm(x, mean, var, w, b, True, 0.3)
        y = batch_norm(probe, mean, var, w, b, False, 0.3)
        assert_close(y, expected, label=f"y in evaluation, step {step}", rtol=1e-10, atol=1e-10)


@after("test_shape_and_dtype")
def test_evaluation_changes_nothing():
    """In evaluation no argument is changed, running statistics neither."""
    arguments = drawn((4, 3, 2))
    with unchanged(*arguments), rng_unchanged():
        batch_norm(*arguments, False)


@after("test_running_statistics_move")
def test_defaults():
    """momentum is 0.1 and eps 1e-5 when they are not given.

    Pins: "momentum=0.1, eps=1e-5".
    """
    x, mean, var, w, b = drawn((4, 3))
    x = 0.005 * x
    right_mean, right_var = moved(x, mean, var, 0.1)
    expected = by_hand(x, *statistics(x), w, b, 1e-5)
    y = batch_norm(x, mean, var, w, b, True)
    assert_close(y, expected, label="y in training", rtol=1e-10, atol=1e-10)
    assert_close(mean, right_mean, label="running mean", rtol=1e-10, atol=1e-10)
    assert_close(var, right_var, label="running variance", rtol=1e-10, atol=1e-10)


@after("test_shape_and_dtype")
@pytest.mark.parametrize("shape", [(1, 3), (1, 2, 1, 1)], ids=str)
def test_one_number_has_no_variance(shape):
    """In training one number per channel raises a ValueError, and nothing is changed."""
    arguments = drawn(shape)
    with unchanged(*arguments), pytest.raises(ValueError):  # noqa: PT011 - the words are free
        batch_norm(*arguments, True)


@after("test_training_normalises_by_the_batch")
def test_small_spreads_and_large_means():
    """Equal numbers become b, and in float32 numbers near 10000 come out right to 1 %."""
    x, mean, var, w, b = (tensor.float() for tensor in drawn((8, 3)))
    x = (10_000 + 2 * x).round()
    x[:, 0] = 10_000
    expected = by_hand(x, *statistics(x), w, b, 1e-5)
    y = batch_norm(x, mean, var, w, b, True)
    assert_close(y, expected, label="y in training", rtol=0.01, atol=0.01)


@after("test_training_normalises_by_the_batch")
def test_the_gradients_in_training():
    """In training gradients flow to x, through mean and variance too, and to w and b."""
    x, mean, var, w, b = drawn((4, 3, 2))
    worth = torch.randn(4, 3, 2).double()
    learned = [tensor.clone().requires_grad_() for tensor in (x, w, b)]
    mu, variance = learned[0].mean(dim=(0, 2), keepdim=True), learned[0].var(dim=(0, 2), correction=0)
    right = (learned[0] - mu) / (variance.reshape(1, 3, 1) + 1e-5).sqrt()
    right = right * learned[1].reshape(1, 3, 1) + learned[2].reshape(1, 3, 1)
    expected = torch.autograd.grad((right * worth).sum(), learned)
    leaves = [tensor.clone().requires_grad_() for tensor in (x, w, b)]
    (batch_norm(leaves[0], mean, var, leaves[1], leaves[2], True) * worth).sum().backward()
    for name, leaf, gradient in zip("xwb", leaves, expected, strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-9, atol=1e-9)


@after("test_running_statistics_move")
def test_running_statistics_carry_no_gradient():
    """After training with gradients the running statistics are plain numbers."""
    x, mean, var, w, b = drawn((4, 3))
    x.requires_grad_()
    for _ in range(2):
        batch_norm(x, mean, var, w, b, True).sum().backward()
    for name, running in (("mean", mean), ("variance", var)):
        assert not running.requires_grad, f"the running {name} carries a gradient"


@after("test_evaluation_uses_running_statistics")
def test_the_gradients_in_evaluation():
    """In evaluation the gradient of x is w over the running deviation."""
    x, mean, var, w, b = drawn((4, 3))
    worth = torch.randn(4, 3).double()
    expected = worth * w / (var + 1e-5).sqrt()
    x.requires_grad_()
    (batch_norm(x, mean, var, w, b, False) * worth).sum().backward()
    assert x.grad is not None, "no gradient reaches x"
    assert_close(x.grad, expected, label="gradient of x", rtol=1e-9, atol=1e-9)


@after("test_training_normalises_by_the_batch")
def test_nothing_else_happens():
    """The arguments may have any memory layout; x, w and b stay as they were; nothing is drawn."""
    x, mean, var, w, b = drawn((2, 3, 4))
    x, w = x.permute(2, 1, 0), torch.stack([w, b], dim=1)[:, 0]
    expected = by_hand(x, *statistics(x), w, b, 1e-5)
    with unchanged(x, w, b), rng_unchanged():
        answers = [batch_norm(x, mean, var, w, b, True) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y in training", rtol=1e-10, atol=1e-10)


def drawn(shape):
    """x, running mean and variance, w and b, in float64; no statistic is 0 or 1."""
    channels = shape[1]
    x = torch.randn(shape).double() * 2 + 0.8
    mean, var = torch.linspace(-1, 2, channels).double() + 0.3, torch.linspace(0.5, 3, channels).double()
    return x, mean, var, torch.linspace(1.5, 0.5, channels).double(), torch.linspace(-2, 1, channels).double()


def statistics(x):
    """Mean and variance (which divides by n) of each channel, in plain floats."""
    rows = x.transpose(0, 1).reshape(x.shape[1], -1).tolist()
    means = [sum(row) / len(row) for row in rows]
    variances = [sum((a - mu) ** 2 for a in row) / len(row) for row, mu in zip(rows, means, strict=True)]
    return torch.tensor(means, dtype=torch.float64), torch.tensor(variances, dtype=torch.float64)


def moved(x, mean, var, momentum):
    """The running statistics after one batch."""
    (mu, variance), n = statistics(x), x.numel() // x.shape[1]
    return (
        (1 - momentum) * mean.double() + momentum * mu,
        (1 - momentum) * var.double() + momentum * variance * n / (n - 1),
    )


def by_hand(x, mu, variance, w, b, eps):
    """Each channel normalised, in float64."""
    y = torch.empty(x.shape, dtype=torch.float64)
    for c in range(x.shape[1]):
        deviation = (variance[c].item() + eps) ** 0.5
        y[:, c] = (x[:, c].double() - mu[c].item()) / deviation * w[c].item() + b[c].item()
    return y
