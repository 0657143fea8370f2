"""Each entry is the squared distance of its pair: within the memory, far from the origin, never below 0.

Letters: points N and M, coordinates D. Expected values are loops over plain floats, made before the call.
"""

import pytest
import torch
from submission import pairwise_sqdist

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# N, M, D: all different, N = M, N = D, one point on either side, one coordinate.
SIZES = [(4, 3, 5), (3, 3, 2), (4, 2, 4), (1, 4, 3), (5, 1, 2), (3, 4, 1), (1, 1, 1)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("n", "m", "d"), SIZES)
def test_shape_and_dtype(n, m, d, dtype):
    """The result is a row for each point of x and a column for each of y, of their dtype."""
    result = pairwise_sqdist(torch.randn(n, d).to(dtype), torch.randn(m, d).to(dtype))
    assert_shape(result, (n, m), label="result")
    assert result.dtype == dtype, f"points of {dtype} give {dtype}, got {result.dtype}"


@after("test_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written."""
    result = pairwise_sqdist(torch.tensor([[0.0, 0.0], [1.0, 2.0]]), torch.tensor([[3.0, 4.0]]))
    assert_close(result, torch.tensor([[25.0], [8.0]], dtype=torch.float64), label="result")


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("n", "m", "d"), SIZES)
def test_each_entry_is_the_squared_distance(n, m, d):
    """Entry (i, j) is the sum of the squared differences of point i and point j."""
    x, y = 2 * torch.randn(n, d).double(), 2 * torch.randn(m, d).double() + 1
    expected = by_hand(x, y)
    assert_close(pairwise_sqdist(x, y), expected, label="result", rtol=1e-10, atol=1e-10)


@after("test_each_entry_is_the_squared_distance")
def test_many_points_fit_into_memory():
    """Forty points with 450 coordinates against 20,000 need no table of all differences."""
    x, y = torch.randn(40, 450), torch.randn(20_000, 450)
    expected = by_hand(x[[0, 7, 39]], y[[0, 3, 19_999]])
    result = pairwise_sqdist(x, y)
    assert_shape(result, (40, 20_000), label="result")
    some = result[[0, 7, 39]][:, [0, 3, 19_999]]
    assert_close(some, expected, label="some entries of the result", rtol=1e-4, atol=1e-4)


@after("test_each_entry_is_the_squared_distance")
@pytest.mark.parametrize("place", [[1e4, 1e4, 1e4], [1e4, -1e4, 2e4]], ids=str)
def test_points_far_from_the_origin(place):
    """Points near a place that is far from the origin have the distances that they would have near it."""
    place = torch.tensor(place)
    x, y = 2 * torch.randn(4, 3) + place, 2 * torch.randn(5, 3) + place
    expected = by_hand(x, y)
    assert_close(pairwise_sqdist(x, y), expected, label="result", rtol=1e-3, atol=1e-2)


@after("test_each_entry_is_the_squared_distance")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_points_that_coincide(dtype):
    """The distance of a point from itself is about 0, and never below."""
    x = torch.randn(200, 7).to(dtype)
    result = pairwise_sqdist(x, x.clone())
    assert (result >= 0).all(), "a squared distance is below 0"
    assert_close(result.diagonal(), torch.zeros(200, dtype=torch.float64), label="the diagonal", atol=1e-4)


@after("test_each_entry_is_the_squared_distance")
def test_the_gradients():
    """The gradient of a squared distance is twice the difference, for both points."""
    x, y = torch.randn(4, 3).double(), torch.randn(5, 3).double()
    worth = torch.randn(4, 5).double()
    gaps = 2 * worth.unsqueeze(2) * (x.unsqueeze(1) - y)
    expected = gaps.sum(dim=1), -gaps.sum(dim=0)
    leaves = x.clone().requires_grad_(), y.clone().requires_grad_()
    (pairwise_sqdist(*leaves) * worth).sum().backward()
    for name, leaf, gradient in zip("xy", leaves, expected, strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-9, atol=1e-9)


@after("test_shape_and_dtype")
def test_nothing_else_happens():
    """The arguments may have any memory layout and stay as they were; no random number is drawn."""
    x, y = torch.randn(3, 4).double().T, torch.randn(5, 6).double()[:, ::2]
    expected = by_hand(x, y)
    with unchanged(x, y), rng_unchanged():
        answers = [pairwise_sqdist(x, y) for _ in range(2)]
    for result in answers:
        assert_close(result, expected, label="result", rtol=1e-10, atol=1e-10)


def by_hand(x, y):
    """The definition, number by number."""
    table = [[sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) for q in y.tolist()] for p in x.tolist()]
    return torch.tensor(table, dtype=torch.float64)
