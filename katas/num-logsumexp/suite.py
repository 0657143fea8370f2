"""A stable log-sum-exp takes the largest number of each row out first, and gets along with infinities.

Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import logsumexp

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

INF = math.inf
# Shapes, and the axes to sum along: each, negative ones, several at once, all; an axis of size 1 beside.
CASES = [
    ((3, 5), 1),
    ((3, 5), 0),
    ((4, 4), -1),
    ((4, 4), -2),
    ((2, 3, 4), 1),
    ((2, 3, 4), (0, 2)),
    ((2, 3, 4), (-1, 0, 1)),
    ((5,), 0),
    ((2, 1, 4), 2),
]


@pytest.mark.parametrize(("shape", "dim"), CASES, ids=str)
@pytest.mark.parametrize("keepdim", [False, True], ids=["dropped", "kept"])
def test_the_axes_of_dim_go_or_stay(shape, dim, keepdim):
    """The axes of dim are gone, or kept with size 1."""
    axes = axes_of(shape, dim)
    kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
    expected = kept if keepdim else [size for axis, size in enumerate(shape) if axis not in axes]
    assert_shape(logsumexp(torch.randn(shape), dim, keepdim=keepdim), tuple(expected), label="result")


@after("test_the_axes_of_dim_go_or_stay")
def test_worked_example():
    """The examples of the brief come out as written."""
    small = logsumexp(torch.tensor([2.0, 3.0, 5.0]).log(), 0)
    assert_close(small, torch.tensor(math.log(10)).double(), label="result")
    large = logsumexp(torch.tensor([1000.0, 1000.0]), 0)
    assert_close(large, torch.tensor(1000.693147).double(), label="result of (1000, 1000)")


@after("test_the_axes_of_dim_go_or_stay")
@pytest.mark.parametrize(("shape", "dim"), CASES, ids=str)
@pytest.mark.parametrize("keepdim", [False, True], ids=["dropped", "kept"])
def test_the_result_is_the_definition(shape, dim, keepdim):
    """The result is the logarithm of the sum of exponentials along the axes of dim."""
    x = 3 * torch.randn(shape)
    expected = by_hand(x, dim, keepdim)
    assert_close(logsumexp(x, dim, keepdim), expected, label="result")


@after("test_the_result_is_the_definition")
@pytest.mark.parametrize("offset", [1e4, -1e4, 3e38, -3e38])
def test_huge_numbers_do_not_overflow(offset):
    """Numbers that are huge, of either sign, give a result of that size."""
    x = torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]]) + offset
    expected = by_hand(x, 1, False)
    assert_close(logsumexp(x, 1), expected, label="result", rtol=1e-5)


@after("test_the_result_is_the_definition")
def test_each_row_has_its_own_maximum():
    """Rows near 0, near 2000 and near -2000 may stand in one tensor."""
    x = torch.randn(3, 4) + torch.tensor([[0.0], [2000.0], [-2000.0]])
    expected = by_hand(x, 1, False)
    assert_close(logsumexp(x, 1), expected, label="result", rtol=1e-5)
    stacked = x.view(3, 2, 2)
    assert_close(logsumexp(stacked, (1, 2)), expected, label="result along two axes", rtol=1e-5)


@after("test_the_result_is_the_definition")
def test_numbers_far_apart_in_a_row():
    """Numbers thousands apart in one row give the largest of them."""
    x = torch.tensor([[0.0, 2000.0, -2000.0], [-500.0, 500.0, 0.0]])
    expected = by_hand(x, 1, False)
    assert_close(logsumexp(x, 1), expected, label="result")


@after("test_the_axes_of_dim_go_or_stay")
@pytest.mark.parametrize("keepdim", [False, True], ids=["dropped", "kept"])
def test_infinities(keepdim):
    """Only -inf gives -inf, any +inf gives +inf, -inf among finite numbers counts for nothing; never NaN."""
    x = torch.tensor([[-INF, -INF, -INF], [INF, 0, 1], [INF, -INF, INF], [-INF, 2, -INF], [0, 0, 0]])
    expected = torch.tensor([-INF, INF, INF, 2, math.log(3)]).double()
    result = logsumexp(x, 1, keepdim)
    assert_close(result, expected.view(-1, 1) if keepdim else expected, label="result", nonfinite=True)


@after("test_the_axes_of_dim_go_or_stay")
def test_nothing_to_sum():
    """Along an axis of size 0 the result is -inf.

    Pins: "the result is $-\\infty$, the logarithm of 0".
    """
    expected = torch.full((3,), -INF).double()
    assert_close(logsumexp(torch.zeros(3, 0), 1), expected, label="result", nonfinite=True)
    assert_shape(logsumexp(torch.zeros(0, 3), 1), (0,), label="result of no rows")
    kept = logsumexp(torch.zeros(3, 0, 2), (1, 2), keepdim=True)
    assert_close(kept, expected.view(3, 1, 1), label="result with kept axes", nonfinite=True)


@after("test_the_result_is_the_definition")
@pytest.mark.parametrize(("shape", "dim"), [((3, 5), 1), ((3, 5), 0), ((2, 3, 4), (0, 2))], ids=str)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_the_gradient_is_the_softmax(shape, dim, dtype):
    """The gradient of a row is its softmax, for rows far from 0 too."""
    x = (torch.randn(shape) + 200).to(dtype)
    expected = (x.double() - by_hand(x, dim, True)).exp()
    worth = torch.rand_like(by_hand(x, dim, True))
    leaf = x.clone().requires_grad_()
    (logsumexp(leaf, dim, keepdim=True) * worth.to(dtype)).sum().backward()
    assert leaf.grad is not None, "no gradient reaches x"
    room = 1e-9 if dtype == torch.float64 else 1e-4
    assert_close(leaf.grad, expected * worth, label="gradient of x", rtol=room, atol=room)


@after("test_infinities", "test_the_gradient_is_the_softmax")
def test_the_gradient_beside_infinities():
    """A -inf among finite numbers has the gradient 0 and makes no other NaN.

    Pins: "among them or not, none is NaN".
    """
    x = torch.tensor([[-INF, 1.0, 2.0], [0.0, -INF, -INF]]).double()
    expected = torch.tensor([[0, 1 / (1 + math.e), math.e / (1 + math.e)], [1, 0, 0]]).double()
    leaf = x.clone().requires_grad_()
    logsumexp(leaf, 1).sum().backward()
    assert_close(leaf.grad, expected, label="gradient of x")


@after("test_the_result_is_the_definition")
def test_float64_keeps_its_precision():
    """float64 keeps its dtype and its last digits."""
    x = torch.randn(4, 6).double()
    expected = by_hand(x, 1, False)
    assert_close(logsumexp(x, 1), expected, label="result", dtype=torch.float64, rtol=1e-13, atol=1e-13)


@after("test_the_result_is_the_definition")
def test_x_may_be_non_contiguous():
    """x may have any memory layout.

    Pins: "may have any memory layout".
    """
    x = torch.randn(4, 3, 2).transpose(0, 2)
    expected = by_hand(x, (0, 2), False)
    assert_close(logsumexp(x, (0, 2)), expected, label="result")


@after("test_the_axes_of_dim_go_or_stay")
def test_nothing_else_happens():
    """x stays as it was, no random number is drawn, the same call gives the same answer."""
    x = torch.randn(4, 5)
    expected = by_hand(x, 1, False)
    with unchanged(x), rng_unchanged():
        answers = [logsumexp(x, 1) for _ in range(2)]
    for result in answers:
        assert_close(result, expected, label="result")


def axes_of(shape, dim):
    """The axes that dim names, from 0."""
    dims = (dim,) if isinstance(dim, int) else dim
    return {axis % len(shape) for axis in dims}


def by_hand(x, dim, keepdim):
    """The definition in plain floats, row by row; the largest number of the row is taken out."""
    axes = axes_of(x.shape, dim)
    front = [axis for axis in range(x.dim()) if axis not in axes]
    rows = x.double().permute(*front, *axes).reshape(*(x.shape[axis] for axis in front), -1)
    results = []
    for row in rows.reshape(-1, rows.shape[-1]).tolist():
        largest = max(row)
        results.append(largest + math.log(sum(math.exp(number - largest) for number in row)))
    result = torch.tensor(results, dtype=torch.float64).reshape(rows.shape[:-1])
    kept = [1 if axis in axes else size for axis, size in enumerate(x.shape)]
    return result.reshape(kept) if keepdim else result
