"""Softmax turns each row of x along dim into positive weights that sum to 1, whatever its numbers look like.

A row is what runs along the axis dim. Expected values are computed before the submission runs.
"""

import math

import pytest
import torch
from submission import softmax

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Shapes and axes: one to four axes, square and not, every axis counted from either end.
AXES = [
    ((6,), 0),
    ((5, 3), 0),
    ((5, 5), 0),
    ((5, 5), 1),
    ((2, 4, 3), 0),
    ((2, 4, 3), 1),
    ((4, 4, 4), 1),
    ((2, 4, 3), -2),
    ((2, 4, 3), -3),
    ((3, 2, 5, 4), 1),
    ((3, 2, 5, 4), -2),
]


def test_keeps_the_shape():
    """Returns a floating-point tensor of the shape of x."""
    weights = softmax(torch.randn(2, 4, 3))
    assert_shape(weights, (2, 4, 3), label="softmax(x)")
    assert weights.is_floating_point(), f"expected floating-point weights, got {weights.dtype}"


@after("test_keeps_the_shape")
@pytest.mark.parametrize("name", ["float32", "float64", "float16"])
def test_x_stays_as_it_was(name):
    """x is not changed."""
    x = torch.randn(3, 4).to(getattr(torch, name))
    with unchanged(x):
        softmax(x)
        softmax(x, dim=0)


@after("test_keeps_the_shape")
def test_worked_example():
    """The example of the brief comes out as written."""
    x = torch.tensor([[1.0, 2.0, 3.0], [1002.0, 1000.0, 1001.0]])
    expected = torch.tensor([[0.090031, 0.244728, 0.665241], [0.665241, 0.090031, 0.244728]]).double()
    assert_close(softmax(x), expected, label="softmax(x)", atol=1e-6)


@after("test_keeps_the_shape")
@pytest.mark.parametrize("shape", [(3, 5), (5, 5), (7,), (2, 4, 3)], ids=str)
def test_the_last_axis_is_the_default(shape):
    """Without dim, the softmax runs along the last axis."""
    x = 2 * torch.randn(shape)
    expected = softmax_by_ratios(x, dim=-1)
    assert_close(softmax(x), expected, label="softmax(x)")


@after("test_the_last_axis_is_the_default")
@pytest.mark.parametrize(("shape", "dim"), AXES)
def test_any_axis(shape, dim):
    """The softmax runs along dim, counted from the front or from the back."""
    x = 2 * torch.randn(shape)
    expected = softmax_by_ratios(x, dim)
    assert_close(softmax(x, dim=dim), expected, label=f"softmax(x, dim={dim})")


@after("test_any_axis")
@pytest.mark.parametrize("offset", [100.0, -100.0, 1e4, -1e4])
def test_an_offset_changes_nothing(offset):
    """Adding a large number, of either sign, to all entries changes no weight."""
    x = torch.randn(3, 5) + offset
    expected = softmax_by_ratios(x, dim=0)
    assert_close(softmax(x, 0), expected, label=f"softmax of numbers near {offset:g}")


@after("test_any_axis")
def test_each_row_on_its_own():
    """A row at 0 and a row at 2000 do not disturb each other."""
    x = torch.randn(3, 5) + torch.tensor([[0.0], [2000.0], [-2000.0]])
    expected = softmax_by_ratios(x, dim=1)
    assert_close(softmax(x, 1), expected, label="softmax of rows near 0, 2000 and -2000")


@after("test_any_axis")
def test_numbers_far_apart_in_a_row():
    """In a row that spans thousands, the largest entries share all the weight."""
    x = torch.tensor([[0.0, 2000, 1999, -5000], [-3000, 0, 0, -3000], [-3e38, 3e38, 3e38, 0]])
    high = math.e / (math.e + 1)
    expected = torch.tensor([[0, high, 1 - high, 0], [0, 0.5, 0.5, 0], [0, 0.5, 0.5, 0]]).double()
    assert_close(softmax(x), expected, label="softmax(x)")


@after("test_numbers_far_apart_in_a_row")
@pytest.mark.parametrize("size", [1e6, 1e12, 3e38], ids=str)
@pytest.mark.parametrize("name", ["float32", "float64", "bfloat16"])
def test_any_finite_number_may_come(size, name):
    """Rows of numbers that are all very large, or all very negative, have weights like any others."""
    x = (
        torch.tensor([[-1.0, -1, -1], [-1, -0.5, -1], [1, 1, 0.5], [0.5, -1, -1]]).to(getattr(torch, name))
        * size
    )
    third = 1 / 3
    expected = torch.tensor([[third, third, third], [0, 1, 0], [0.5, 0.5, 0], [1, 0, 0]]).double()
    assert_close(softmax(x), expected, label=f"softmax of numbers near {size:g}")


@after("test_numbers_far_apart_in_a_row")
@pytest.mark.parametrize("slope", [0.01, -0.5])
def test_long_rows_and_many_rows(slope):
    """Rows of thousands of numbers that rise or fall come out right, and so do thousands of short rows."""
    x = torch.randn(2500, 2) + slope * torch.arange(2500.0)[:, None]
    down, across = softmax_of_numbers(x.T).T, softmax_of_numbers(x)
    assert_close(softmax(x, 0), down, label="softmax down 2500 rows, dim=0")
    assert_close(softmax(x.T, 1), down.T, label="softmax along 2500 numbers, dim=1")
    assert_close(softmax(x, 1), across, label="softmax of 2500 rows, dim=1")
    assert_close(softmax(x.T, 0), across.T, label="softmax of 2500 columns, dim=0")


@after("test_numbers_far_apart_in_a_row")
def test_minus_infinity_gets_no_weight():
    """An entry -inf gets the weight 0 and leaves the others undisturbed."""
    hidden = torch.tensor(
        [[False, True, False, False], [True, True, False, True], [False, False, False, True]]
    )
    x = torch.randn(3, 4) + torch.tensor([[0.0], [0.0], [-1e5]])
    x[2] = torch.tensor([-1e5, -1e5 - 1, -1e5 + 1, 0])
    expected = torch.zeros(3, 4).double()
    for row, left in enumerate(~hidden):
        expected[row, left] = softmax_by_ratios(x[row, left], dim=0)
    weights = softmax(x.masked_fill(hidden, -math.inf))
    assert_close(weights, expected, label="softmax(x)")
    assert not weights[hidden].any(), "an entry -inf must get exactly 0"


@after("test_minus_infinity_gets_no_weight")
@pytest.mark.parametrize("name", ["float32", "float16"])
@pytest.mark.parametrize(
    "hidden", [slice(0, 1200), slice(300, 1500), slice(100, 1400)], ids=["first", "last", "middle"]
)
def test_many_hidden_entries_in_a_long_row(hidden, name):
    """Hundreds of -inf, first, last or in between, leave the few other entries of a long row undisturbed.

    Pins: "the others share as if it were not there".
    """
    x = (torch.randn(2, 1500) - torch.tensor([[3000.0], [0.0]])).to(getattr(torch, name))
    x[:, hidden] = -math.inf
    expected = softmax_of_numbers(x)
    assert_close(
        softmax(x), expected, label="softmax of long rows", atol=2**-11 if name == "float16" else 1e-6
    )


@after("test_minus_infinity_gets_no_weight")
@pytest.mark.parametrize("name", ["float32", "float64", "float16", "bfloat16"])
def test_a_row_of_minus_infinities_is_nan(name):
    """A row of nothing but -inf gives NaN, and no other row does, wherever that lies."""
    x = (torch.randn(4, 3) + torch.tensor([[0.0], [2000.0], [0.0], [-2000.0]])).to(getattr(torch, name))
    x[2] = -math.inf
    x[3, 1] = -math.inf
    expected = softmax_of_numbers(x)  # NaN in row 2: -inf less -inf
    assert_close(softmax(x, 1), expected, label="softmax(x)", nonfinite=True)


@after("test_any_axis")
def test_seventy_thousand_equal_float16_logits():
    """70,000 equal float16 entries get 1/70,000 each."""
    x = torch.full((70_000,), 3.0, dtype=torch.float16)
    expected = torch.full((70_000,), 1 / 70_000).double()
    assert_close(softmax(x, 0), expected, label="softmax(x)", dtype=torch.float16, atol=2**-24)


@after("test_seventy_thousand_equal_float16_logits")
@pytest.mark.parametrize(("name", "step"), [("float16", 2**-10), ("bfloat16", 2**-7)])
def test_half_precision_is_computed_in_float32(name, step):
    """Half precision is computed in float32 and rounded once, to the dtype of x."""
    x = (3 * torch.randn(24, 8)).to(getattr(torch, name))
    expected = softmax_by_ratios(x, dim=0)
    weights = softmax(x, dim=0)
    # At most one step between neighbours of this dtype: 2**-24 among the smallest of float16.
    assert_close(weights, expected, label=f"softmax of {name} numbers", dtype=x.dtype, rtol=step, atol=2**-24)


@after("test_any_axis")
def test_float64_keeps_its_precision():
    """float64 keeps its dtype and its full precision."""
    x = 5 * torch.randn(4, 6).double()
    expected = softmax_by_ratios(x, dim=1)
    assert_close(softmax(x, dim=1), expected, label="softmax(x)", dtype=torch.float64, rtol=1e-12, atol=1e-15)


@after("test_any_axis")
@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["float64", "float32", "float16", "bfloat16"])
def test_the_gradient_reaches_x(dim, name):
    """x receives the gradient of the definition, whatever its dtype."""
    dtype = getattr(torch, name)
    x, worth = torch.randn(3, 4, 5).to(dtype).requires_grad_(), torch.randn(3, 4, 5).to(dtype)
    exact = x.detach().double().requires_grad_()
    (by_x,) = torch.autograd.grad((softmax_by_ratios(exact, dim) * worth.double()).sum(), exact)
    (softmax(x, dim) * worth).sum().backward()
    assert x.grad is not None, f"no gradient reaches {name} numbers"
    assert_close(x.grad, by_x, label=f"gradient of {name} numbers")


@after("test_the_gradient_reaches_x", "test_minus_infinity_gets_no_weight")
@pytest.mark.parametrize("name", ["float64", "float32", "float16"])
def test_the_gradient_survives_large_numbers_and_minus_infinity(name):
    """The gradient stays right for large entries and is 0 where x is -inf.

    Pins: "flow to `x` as in the formula, and are 0 where".
    """
    x = torch.tensor([[1001.0, 1000, -math.inf], [-math.inf, 2, 1]]).to(getattr(torch, name)).requires_grad_()
    # Of two entries with the weights p and 1 - p, the weight p has the derivatives p (1 - p) and -p (1 - p).
    slope = math.e / (1 + math.e) ** 2
    expected = torch.tensor([[slope, -slope, 0], [0, slope, -slope]]).double()
    worth = torch.tensor([[1.0, 0, 5], [5, 1, 0]]).to(x.dtype)
    (softmax(x) * worth).sum().backward()
    assert_close(x.grad, expected, label="gradient of x")


@after("test_any_axis", "test_x_stays_as_it_was")
@pytest.mark.parametrize("layout", ["transposed", "every other column", "expanded"])
def test_x_may_be_non_contiguous(layout):
    """x may lie in memory in any order.

    Pins: "in any memory layout".
    """
    x = {
        "transposed": torch.randn(5, 4, 3).transpose(0, 2),
        "every other column": torch.randn(3, 4, 10)[..., ::2],
        "expanded": torch.randn(1, 4, 1).expand(3, 4, 5),
    }[layout]
    expected = softmax_by_ratios(x, dim=1)
    assert_close(softmax(x, 1), expected, label="softmax(x, 1)")


@after("test_any_axis")
@pytest.mark.parametrize(("shape", "dim"), [((0, 3), 1), ((2, 0, 3), 0), ((4, 1), 1), ((1, 1, 1), 0)])
def test_no_rows_and_rows_of_one(shape, dim):
    """No rows give an empty tensor, and a row of one entry the weight 1."""
    weights = softmax(torch.randn(shape), dim)
    assert_close(weights, torch.ones(shape).double(), label="softmax(x)")


@after("test_any_axis")
def test_the_same_call_gives_the_same_answer():
    """The result depends on x and dim alone: no random numbers, no memory.

    Pins: "nothing is remembered from call to call".
    """
    for _ in range(3):
        x = torch.randn(3, 4)
        expected = softmax_by_ratios(x, dim=1)
        with rng_unchanged():
            weights = softmax(x, 1)
        assert_close(weights, expected, label="softmax(x)")


def softmax_by_ratios(x, dim):
    """1 / sum_j exp(x_j - x_i) for each entry x_i of a row, in float64: no largest entry is looked for.

    Where exp overflows, 1 / inf is the 0 that it should be.
    """
    rows = x.double().movedim(dim, -1)  # (..., n)
    ratios = (rows.unsqueeze(-2) - rows.unsqueeze(-1)).exp()  # (..., i, j)
    return ratios.sum(dim=-1).reciprocal().movedim(-1, dim)


def softmax_of_numbers(rows):
    """The definition for each row of Python numbers, one after the other; fsum rounds but once."""
    weights = []
    for row in rows.tolist():
        largest = max(row)
        powers = [math.exp(number - largest) for number in row]
        total = math.fsum(powers)
        weights.append([power / total for power in powers])
    return torch.tensor(weights, dtype=torch.float64)
