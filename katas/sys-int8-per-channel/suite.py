"""Rows become integers with a scale of their own, and the layer is that of the scaled integers.

Letters: outputs O, inputs I. Weights are made from known integers, so that nothing is near a half.
"""

import pytest
import torch
from submission import int8_linear, quantize_rows

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# O, I: different, equal, one row, one column, one number.
SIZES = [(3, 5), (4, 4), (1, 6), (5, 1), (1, 1)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_shapes_and_dtypes(size, dtype):
    """q is (O, I) and int8, scale is (O, 1) and y is (..., O), both of the dtype of what came in."""
    q, scale = quantize_rows(torch.randn(size).to(dtype))
    assert_shape(q, size, label="q")
    assert q.dtype == torch.int8, f"q is int8, got {q.dtype}"
    assert_shape(scale, (size[0], 1), label="scale")
    assert scale.dtype == dtype, f"a weight of {dtype} has scales of {dtype}, got {scale.dtype}"
    integers, scales = torch.ones(size, dtype=torch.int8), torch.ones(size[0], 1, dtype=dtype)
    for lead in ((), (2,), (4, 3)):
        y = int8_linear(torch.randn(*lead, size[1]).to(dtype), integers, scales, None)
        assert_shape(y, (*lead, size[0]), label="y")
        assert y.dtype == dtype, f"x of {dtype} gives {dtype}, got {y.dtype}"


@after("test_shapes_and_dtypes")
def test_worked_example():
    """The example of the brief comes out as written."""
    q, scale = quantize_rows(torch.tensor([[1.27, -0.5], [0.0, -254.0]]))
    assert_close(scale, torch.tensor([[0.01], [2.0]], dtype=torch.float64), label="scale")
    assert_close(q, torch.tensor([[127, -50], [0, -127]], dtype=torch.int8), label="q")
    y = int8_linear(torch.tensor([1.0, 2.0]), q, scale, torch.tensor([0.0, 8.0]))
    assert_close(y, torch.tensor([0.27, -500.0], dtype=torch.float64), label="y")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_scales_are_those_of_the_rows(size, sign):
    """The scale of a row is its largest absolute value over 127, whatever its sign."""
    w, _, expected = drawn(size, sign)
    _, scale = quantize_rows(w)
    assert_close(scale, expected, label="scale", rtol=1e-10, atol=1e-12)


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_weights_are_rounded(size, sign):
    """Each weight becomes the nearest integer to its share of the scale."""
    w, expected, _ = drawn(size, sign)
    q, _ = quantize_rows(w)
    assert_close(q, expected, label="q")


@after("test_scales_are_those_of_the_rows", "test_weights_are_rounded")
def test_nothing_is_further_than_half_a_scale():
    """Scale times integer is at most half a scale from the weight, in rows large and small.

    Pins: "$w_{oi} \\approx s_o \\, q_{oi}$".
    """
    w = torch.randn(6, 50).double() * torch.tensor([1e-6, 1e-3, 0.1, 1, 1e3, 1e6]).double().unsqueeze(1)
    half = w.abs().amax(dim=1, keepdim=True) / 254
    q, scale = quantize_rows(w)
    assert ((w - scale * q).abs() <= half * 1.000001).all(), "a weight is further than half a scale"


@after("test_shapes_and_dtypes")
def test_rows_of_zeros():
    """A row of zeros has zeros and a scale that is finite and above 0; the others are as ever."""
    w, expected, scales = drawn((4, 3), 1)
    w[[0, 2]], expected[[0, 2]] = 0, 0
    q, scale = quantize_rows(w)
    assert_close(q, expected, label="q")
    assert (scale > 0).all(), "every scale must be above 0, that of a row of zeros too"
    assert (scale < 1e30).all(), "every scale is finite"
    assert_close(scale[[1, 3]], scales[[1, 3]], label="scale of the other rows", rtol=1e-10, atol=1e-12)


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("lead", [(2,), (), (4, 3), (5,)], ids=str)
def test_the_layer_is_the_formula(size, lead):
    """y is the product with the integers, times the scale of each output, plus its bias."""
    x, q, scale, bias = layer(size, lead)
    expected = by_hand(x, q, scale, bias)
    assert_close(int8_linear(x, q, scale, bias), expected, label="y", rtol=1e-10, atol=1e-9)


@after("test_the_layer_is_the_formula")
def test_without_a_bias():
    """None for the bias means none."""
    x, q, scale, bias = layer((3, 5), (2,))
    expected = by_hand(x, q, scale, 0 * bias)
    assert_close(int8_linear(x, q, scale, None), expected, label="y", rtol=1e-10, atol=1e-9)


@after("test_the_layer_is_the_formula")
def test_all_values_of_int8():
    """q may hold all values from -128 to 127, in long sums.

    Pins: "takes any `q` from -128 to 127 and any scales".
    """
    q = torch.arange(-128, 128).to(torch.int8).repeat(2, 3)
    x, scale = 3 * torch.randn(4, 768).double(), torch.tensor([[0.5], [3.0]], dtype=torch.float64)
    expected = by_hand(x, q, scale, torch.zeros(2))
    assert_close(int8_linear(x, q, scale, None), expected, label="y", rtol=1e-9, atol=1e-8)


@after("test_the_layer_is_the_formula")
def test_the_gradients():
    """Gradients flow to x and to the bias."""
    x, q, scale, bias = layer((3, 5), (4,))
    worth = torch.randn(4, 3).double()
    expected = worth @ (scale * q), worth.sum(dim=0)
    leaves = x.clone().requires_grad_(), bias.clone().requires_grad_()
    (int8_linear(leaves[0], q, scale, leaves[1]) * worth).sum().backward()
    for name, leaf, gradient in zip(("x", "bias"), leaves, expected, strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-9, atol=1e-9)


@after("test_shapes_and_dtypes")
def test_nothing_else_happens():
    """The arguments may have any memory layout and stay as they were; no random number is drawn."""
    w, integers, _ = drawn((4, 3), 1)
    x, q, scale, bias = layer((4, 3), (2, 5))
    w, x, q = w.T.contiguous().T, x.transpose(0, 2).contiguous().transpose(0, 2), q.T.contiguous().T
    expected = by_hand(x, q, scale, bias)
    with unchanged(w, x, q, scale, bias), rng_unchanged():
        answers = [(quantize_rows(w), int8_linear(x, q, scale, bias)) for _ in range(2)]
    for quantised, y in answers:
        assert_close(quantised[0], integers, label="q")
        assert_close(y, expected, label="y", rtol=1e-10, atol=1e-9)


def drawn(size, sign):
    """A weight, the integers it should become, and the scales, which differ widely."""
    q = torch.randint(-126, 127, size)
    q[:, -1] = 127 * sign
    scale = torch.logspace(-2, 1, size[0], dtype=torch.float64).unsqueeze(1)
    off = (torch.rand(size).double() - 0.5) * 0.9
    off[:, -1] = 0
    return (q + off) * scale, q.to(torch.int8), scale


def layer(size, lead):
    """x, integers, scales that differ, and a bias away from 0, in float64."""
    x, q = torch.randn(*lead, size[1]).double(), torch.randint(-128, 128, size).to(torch.int8)
    scale = torch.linspace(0.01, 0.4, size[0]).double().unsqueeze(1)
    return x, q, scale, torch.linspace(2, 5, size[0]).double()


def by_hand(x, q, scale, bias):
    """The formula, number by number."""
    rows = []
    for row in x.reshape(-1, x.shape[-1]).tolist():
        sums = [sum(a * b for a, b in zip(row, weights, strict=True)) for weights in q.tolist()]
        rows.append([s * t + b for s, t, b in zip(scale[:, 0].tolist(), sums, bias.tolist(), strict=True)])
    return torch.tensor(rows, dtype=torch.float64).reshape(*x.shape[:-1], len(q))
