"""A segment sum adds each row to its segment, however many meet there.

Letters: rows N, width D, segments n. Expected values are a loop over the rows, computed before the call.
"""

import pytest
import torch
from submission import segment_sum

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# N, D, n: all different; more rows than segments and fewer; as many of all.
SIZES = [(7, 3, 4), (3, 5, 8), (4, 4, 4), (9, 1, 2), (1, 3, 1)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.int64], ids=str)
def test_one_row_per_segment(dtype):
    """The result is (n, D), of the dtype of x."""
    out = segment_sum(torch.ones(5, 3, dtype=dtype), torch.tensor([0, 2, 2, 3, 0]), 5)
    assert_shape(out, (5, 3), label="out")
    assert out.dtype == dtype, f"x of {dtype} gives {dtype}, got {out.dtype}"


@after("test_one_row_per_segment")
def test_worked_example():
    """The example of the brief comes out as written."""
    x = torch.tensor([[1.0, 10], [2, 20], [3, 30], [4, 40]])
    out = segment_sum(x, torch.tensor([2, 0, 2, 0]), 4)
    assert_close(out, torch.tensor([[6, 60], [0, 0], [4, 40], [0, 0]]).double(), label="out")


@after("test_one_row_per_segment")
@pytest.mark.parametrize(("rows", "width", "n"), SIZES)
def test_rows_are_summed_by_segment(rows, width, n):
    """Each row of the result is the sum of the rows of its segment, in float64 to its last digits."""
    x, seg = torch.randn(rows, width).double(), torch.randint(n, (rows,))
    expected = by_hand(x, seg, n)
    assert_close(segment_sum(x, seg, n), expected, label="out", rtol=1e-12, atol=1e-12)


@after("test_one_row_per_segment")
@pytest.mark.parametrize("used", [[0], [5], [2, 3], [0, 5]], ids=str)
def test_empty_segments_are_zero(used):
    """Segments without rows are zero: at the beginning, between, and at the end."""
    x, seg = torch.randn(6, 3), torch.tensor(used).repeat(6)[:6]
    expected = by_hand(x, seg, 6)
    assert_close(segment_sum(x, seg, 6), expected, label="out", atol=1e-5)


@after("test_one_row_per_segment")
@pytest.mark.parametrize("n", [0, 3])
def test_no_rows(n):
    """No rows give zeros.

    Pins: "give zeros of shape".
    """
    out = segment_sum(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), n)
    assert_close(out, torch.zeros(n, 4).double(), label="out")


@after("test_one_row_per_segment")
def test_integers_are_exact():
    """Integers are summed exactly, above what float32 and float64 can count too.

    Pins: "are summed exactly".
    """
    x = torch.tensor([[2**60 + 1, 3], [1, -5], [2**24 + 1, 7]])
    out = segment_sum(x, torch.tensor([1, 1, 0]), 2)
    assert_close(out, torch.tensor([[2**24 + 1, 7], [2**60 + 2, -2]]), label="out")


@after("test_rows_are_summed_by_segment")
def test_the_gradient_is_that_of_the_segment():
    """Each row receives the gradient of its segment."""
    x, seg, worth = torch.randn(7, 3).double(), torch.randint(4, (7,)), torch.randn(4, 3).double()
    leaf = x.clone().requires_grad_()
    (segment_sum(leaf, seg, 4) * worth).sum().backward()
    assert leaf.grad is not None, "no gradient reaches x"
    assert_close(leaf.grad, worth[seg], label="gradient of x")


@after("test_rows_are_summed_by_segment")
def test_many_rows():
    """A million rows in 300 segments are no trouble.

    Pins: "**Speed.** No loop over rows".
    """
    x, seg = torch.randint(-9, 9, (1_000_000, 1)).double(), torch.randint(300, (1_000_000,))
    expected = torch.bincount(seg, x[:, 0], 300)[:, None]
    assert_close(segment_sum(x, seg, 300), expected, label="out")


@after("test_rows_are_summed_by_segment")
def test_arguments_may_be_non_contiguous():
    """Rows and segments may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, seg = torch.randn(3, 6).double().T, torch.randint(4, (12,))[::2]
    expected = by_hand(x, seg, 4)
    assert_close(segment_sum(x, seg, 4), expected, label="out", rtol=1e-12, atol=1e-12)


@after("test_one_row_per_segment")
def test_nothing_else_happens():
    """Rows and segments stay as they were, no random number is drawn, the same call gives the same answer."""
    x, seg = torch.randn(6, 3).double(), torch.randint(4, (6,))
    expected = by_hand(x, seg, 4)
    with unchanged(x, seg), rng_unchanged():
        answers = [segment_sum(x, seg, 4) for _ in range(2)]
    for out in answers:
        assert_close(out, expected, label="out", rtol=1e-12, atol=1e-12)


def by_hand(x, seg, n):
    """The definition, one row after the other."""
    out = torch.zeros(n, x.shape[1], dtype=torch.float64)
    for row, segment in zip(x.double(), seg.tolist(), strict=True):
        out[segment] += row
    return out
