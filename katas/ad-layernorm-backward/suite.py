"""The three gradients are those of the forward pass, row by row, and sums over all rows.

Letters: width D. Expected values are the chain rule in plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import layer_norm_backward

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Shapes: rows and width different, equal, more leading axes, none, one row, one column, a single number.
SHAPES = [(4, 3), (3, 3), (2, 3, 5), (2, 1, 3, 2), (6,), (1, 4), (3, 1), (1,)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes_and_dtypes(shape, dtype):
    """dx has the shape of x, dw and db that of the weight, all the dtype of x."""
    dy, x, weight = (tensor.to(dtype) for tensor in drawn(shape))
    results = backward(dy, x, weight)
    for name, result, wanted in zip(
        ("dx", "dw", "db"), results, (shape, shape[-1:], shape[-1:]), strict=True
    ):
        assert_shape(result, wanted, label=name)
        assert result.dtype == dtype, f"x of {dtype} gives {name} of {dtype}, got {result.dtype}"


@after("test_shapes_and_dtypes")
def test_worked_example():
    """The example of the brief comes out as written."""
    x, weight = torch.tensor([[5.0, 1.0, 1.0, 5.0]]), torch.tensor([1.0, 2.0, 3.0, 4.0])
    dx, dw, db = backward(torch.tensor([[2.0, 1.0, 0.0, 1.0]]), x, weight, eps=1e-12)
    assert_close(db, torch.tensor([2.0, 1.0, 0.0, 1.0], dtype=torch.float64), label="db")
    assert_close(dw, torch.tensor([2.0, -1.0, 0.0, 1.0], dtype=torch.float64), label="dw")
    assert_close(dx, torch.tensor([[-0.5, 0.5, -0.5, 0.5]], dtype=torch.float64), label="dx")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_db_is_the_sum(shape):
    """db is the sum of dy over all leading axes."""
    dy, x, weight = drawn(shape)
    _, _, expected = by_hand(dy, x, weight, 1e-5)
    assert_close(backward(dy, x, weight)[2], expected, label="db", rtol=1e-10, atol=1e-10)


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_dw_is_the_sum(shape):
    """dw is the sum of dy times the normalised x over all leading axes."""
    dy, x, weight = drawn(shape)
    _, expected, _ = by_hand(dy, x, weight, 1e-5)
    assert_close(backward(dy, x, weight)[1], expected, label="dw", rtol=1e-10, atol=1e-10)


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_dx_goes_through_mean_and_variance(shape):
    """dx is the chain rule: directly, through the mean, through the variance of its row."""
    dy, x, weight = drawn(shape)
    expected, _, _ = by_hand(dy, x, weight, 1e-5)
    assert_close(backward(dy, x, weight)[0], expected, label="dx", rtol=1e-9, atol=1e-9)


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("spread", [0.0, 1e-3, 0.1])
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_small_spreads(spread, eps):
    """Where the variance is near eps, or 0, the formula holds as well."""
    dy, x, weight = drawn((4, 3))
    x = 5 + spread * x
    expected = by_hand(dy, x, weight, eps)
    for name, result, right in zip(("dx", "dw", "db"), backward(dy, x, weight, eps), expected, strict=True):
        assert_close(result, right, label=name, rtol=1e-6, atol=1e-8)


@after("test_dx_goes_through_mean_and_variance", "test_dw_is_the_sum")
def test_large_means():
    """In float32 numbers near 10000 that differ by 1 come out right to 1 %."""
    dy, x, weight = (tensor.float() for tensor in drawn((4, 6)))
    x = (10_000 + x).round()
    dx, dw, _ = by_hand(dy, x, weight, 1e-5)
    results = backward(dy, x, weight)
    assert_close(results[0], dx, label="dx", rtol=0.01, atol=0.01)
    assert_close(results[1], dw, label="dw", rtol=0.01, atol=0.01)


@after("test_shapes_and_dtypes")
def test_nothing_else_happens():
    """The arguments may have any memory layout and stay as they were; no random number is drawn."""
    dy, x, weight = drawn((4, 3))
    dy, x, weight = (
        dy.T.contiguous().T,
        torch.cat([x, x], dim=1)[:, :3],
        torch.stack([weight] * 2, dim=1)[:, 0],
    )
    expected = by_hand(dy, x, weight, 1e-5)
    with unchanged(dy, x, weight), rng_unchanged():
        answers = [backward(dy, x, weight) for _ in range(2)]
    for results in answers:
        for name, result, right in zip(("dx", "dw", "db"), results, expected, strict=True):
            assert_close(result, right, label=name, rtol=1e-9, atol=1e-9)


def backward(*args, **kwargs):
    """Call the function with gradients switched off."""
    with torch.no_grad():
        return layer_norm_backward(*args, **kwargs)


def drawn(shape):
    """dy, x and a weight away from 1, in float64."""
    weight = torch.linspace(0.5, 2.5, shape[-1]).double()
    return torch.randn(shape).double() + 0.7, 2 * torch.randn(shape).double() + 1, weight


def by_hand(dy, x, weight, eps):
    """The chain rule with all derivatives of a row written out, in plain floats."""
    width, dx = x.shape[-1], []
    dw, db, w = [0.0] * width, [0.0] * width, weight.tolist()
    for dy_row, row in zip(dy.reshape(-1, width).tolist(), x.reshape(-1, width).tolist(), strict=True):
        mu = sum(row) / width
        c = [a - mu for a in row]
        sigma = math.sqrt(sum(a * a for a in c) / width + eps)
        g = [a * b for a, b in zip(dy_row, w, strict=True)]
        dx.append(
            [
                sum(
                    g[i] * (((i == j) - 1 / width) / sigma - c[i] * c[j] / (width * sigma**3))
                    for i in range(width)
                )
                for j in range(width)
            ]
        )
        for i in range(width):
            dw[i] += dy_row[i] * c[i] / sigma
            db[i] += dy_row[i]
    return tuple(
        torch.tensor(values, dtype=torch.float64).reshape(size)
        for values, size in ((dx, x.shape), (dw, (width,)), (db, (width,)))
    )
