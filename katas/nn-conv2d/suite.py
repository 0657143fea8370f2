"""Every output is the dot product of a window with what it sees: strides, zeros, gaps and groups included.

Letters: pictures N, channels C and O, height H, width W, window K. Expected values are the definition in
plain floats, computed before the call.
"""

import pytest
import torch
from submission import conv2d

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# N, C, H, W; O, K, K': all different, a square picture, H = K, one channel, one entry, C = O = N.
SIZES = [
    ((2, 3, 5, 6), (4, 2, 3)),
    ((1, 2, 4, 4), (3, 2, 2)),
    ((2, 2, 3, 7), (1, 3, 1)),
    ((3, 1, 6, 2), (2, 1, 2)),
    ((1, 1, 1, 1), (1, 1, 1)),
    ((2, 2, 4, 5), (2, 4, 5)),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("picture", "window"), SIZES, ids=str)
def test_shape_and_dtype(picture, window, dtype):
    """The output is as large as the window can move, of the dtype of x."""
    x, w, b = (tensor.to(dtype) for tensor in drawn(picture, window))
    y = conv2d(x, w, b)
    expected = (picture[0], window[0], picture[2] - window[1] + 1, picture[3] - window[2] + 1)
    assert_shape(y, expected, label="output")
    assert y.dtype == dtype, f"x of {dtype} gives {dtype}, got {y.dtype}"


@after("test_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written."""
    x, w = torch.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]), torch.tensor([[[[1.0, 10.0]]]])
    expected = torch.tensor([[[[21.0, 32.0], [54.0, 65.0]]]], dtype=torch.float64)
    assert_close(conv2d(x, w), expected, label="output")
    assert_close(conv2d(x, w, stride=(2, 1)), expected[:, :, :1], label="output with stride (2, 1)")


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("picture", "window"), SIZES, ids=str)
def test_the_window_moves_over_the_picture(picture, window):
    """Without further settings each output is the dot product of the window, plus the bias."""
    x, w, b = drawn(picture, window)
    compare(conv2d(x, w, b), by_hand(x, w, b))


@after("test_shape_and_dtype")
@pytest.mark.parametrize("stride", [2, 3, (2, 1), (1, 3), (7, 9)], ids=str)
def test_stride(stride):
    """The window moves by the stride, along the height and the width; a rest is left out."""
    x, w, b = drawn((2, 3, 6, 8), (4, 2, 3))
    compare(conv2d(x, w, b, stride=stride), by_hand(x, w, b, stride=stride))


@after("test_shape_and_dtype")
@pytest.mark.parametrize("padding", [1, 3, (2, 0), (0, 1)], ids=str)
def test_padding(padding):
    """Zeros stand above and below, left and right, as many as the padding says."""
    x, w, b = drawn((2, 3, 4, 5), (4, 2, 3))
    compare(conv2d(x, w, b, padding=padding), by_hand(x, w, b, padding=padding))


@after("test_shape_and_dtype")
@pytest.mark.parametrize("dilation", [2, (3, 1), (1, 2)], ids=str)
def test_dilation(dilation):
    """Neighbours in the window are as far apart in the picture as the dilation says."""
    x, w, b = drawn((2, 3, 6, 7), (4, 2, 3))
    compare(conv2d(x, w, b, dilation=dilation), by_hand(x, w, b, dilation=dilation))


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("channels", "outputs", "groups"), [(4, 6, 2), (3, 3, 3), (2, 6, 2), (6, 3, 3)])
def test_groups(channels, outputs, groups):
    """Output channels see the input channels of their group only."""
    x, w, b = drawn((2, channels, 4, 5), (outputs, 2, 3), groups)
    compare(conv2d(x, w, b, groups=groups), by_hand(x, w, b, groups=groups))


@after(
    "test_the_window_moves_over_the_picture", "test_stride", "test_padding", "test_dilation", "test_groups"
)
@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    [(2, 1, 2, 1), ((2, 3), (0, 2), (3, 1), 2), ((3, 1), (2, 1), (1, 2), 2), (2, 3, (2, 3), 4)],
)
def test_settings_together(stride, padding, dilation, groups):
    """All settings work together, each direction with its own.

    Pins: "each a number for both directions, or a pair".
    """
    x, w, b = drawn((2, 4, 7, 6), (8, 3, 2), groups)
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    compare(conv2d(x, w, b, **settings), by_hand(x, w, b, **settings))
    compare(conv2d(x, w, b, stride, padding, dilation, groups), by_hand(x, w, b, **settings))


@after("test_the_window_moves_over_the_picture")
def test_no_bias():
    """None for b means no bias."""
    x, w, _ = drawn((2, 3, 4, 5), (4, 2, 3))
    expected = by_hand(x, w, torch.zeros(4))
    compare(conv2d(x, w), expected)
    compare(conv2d(x, w, None, 1), expected)


@after("test_settings_together")
def test_the_gradients():
    """Gradients flow to x, w and b, as those of the definition."""
    x, w, b = drawn((2, 2, 4, 5), (4, 2, 3), 2)
    settings = {"stride": (1, 2), "padding": (1, 0), "groups": 2}
    worth = torch.randn(by_hand(x, w, b, **settings).shape).double()
    learned = [tensor.clone().requires_grad_() for tensor in (x, w, b)]
    right = torch.nn.functional.conv2d(*learned, **settings)
    expected = torch.autograd.grad((right * worth).sum(), learned)
    leaves = [tensor.clone().requires_grad_() for tensor in (x, w, b)]
    (conv2d(*leaves, **settings) * worth).sum().backward()
    for name, leaf, gradient in zip("xwb", leaves, expected, strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-9, atol=1e-9)


@after("test_the_window_moves_over_the_picture")
def test_nothing_else_happens():
    """The arguments may have any memory layout and stay as they were; no random number is drawn.

    Pins: "may have any memory layout and stay as they were; no random number is drawn".
    """
    x, w, b = drawn((2, 3, 4, 5), (4, 2, 3))
    x, w = x.mT.contiguous().mT, w.transpose(0, 3).contiguous().transpose(0, 3)
    b = torch.stack([b, b], dim=1)[:, 0]
    expected = by_hand(x, w, b)
    with unchanged(x, w, b), rng_unchanged():
        answers = [conv2d(x, w, b) for _ in range(2)]
    for y in answers:
        compare(y, expected)


def compare(y, expected):
    """First the size, then the numbers."""
    assert_shape(y, expected.shape, label="output")
    assert_close(y, expected, label="output", rtol=1e-10, atol=1e-10)


def drawn(picture, window, groups=1):
    """A picture, windows and a bias away from 0, in float64."""
    outputs, *size = window
    w = torch.randn(outputs, picture[1] // groups, *size).double()
    return torch.randn(picture).double() + 0.5, w, torch.linspace(1, 3, outputs).double()


def by_hand(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    """The definition: a loop over every output and every place of the window."""
    (s, s2), (p, p2), (d, d2) = (
        (setting, setting) if isinstance(setting, int) else setting for setting in (stride, padding, dilation)
    )
    (n, _, h, width), (outputs, inner, k, k2) = x.shape, w.shape
    rows, columns = (h + 2 * p - d * (k - 1) - 1) // s + 1, (width + 2 * p2 - d2 * (k2 - 1) - 1) // s2 + 1
    y = torch.zeros(n, outputs, rows, columns, dtype=torch.float64)
    numbers, weights, biases = x.tolist(), w.tolist(), b.tolist()
    for m in range(n):
        for o in range(outputs):
            first = o // (outputs // groups) * inner
            for i in range(rows):
                for j in range(columns):
                    total = biases[o]
                    for u in range(k):
                        for v in range(k2):
                            row, column = i * s + u * d - p, j * s2 + v * d2 - p2
                            if 0 <= row < h and 0 <= column < width:
                                for c in range(inner):
                                    total += weights[o][c][u][v] * numbers[m][first + c][row][column]
                    y[m, o, i, j] = total
    return y
