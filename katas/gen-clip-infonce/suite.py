"""The loss is the mean of two cross-entropies over scaled cosines, along rows and along columns.

Letters: pairs B, width D. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import clip_loss

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

SIZES = [(5, 3), (2, 6), (4, 4), (3, 1), (1, 4)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_returns_one_number(dtype):
    """The loss is a tensor of no axes, of the dtype of the embeddings."""
    for size in SIZES:
        loss = clip_loss(*(t.to(dtype) for t in drawn(*size)))
        assert_shape(loss, (), label="loss")
        assert loss.dtype == dtype, f"embeddings of {dtype} give {dtype}, got {loss.dtype}"


@after("test_returns_one_number")
def test_worked_example():
    """The example of the brief comes out as written."""
    img, txt = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    loss = clip_loss(img, txt, torch.tensor(math.log(2)))
    assert_close(loss, torch.tensor(0.910038, dtype=torch.float64), label="loss", atol=1e-5)


@after("test_returns_one_number")
@pytest.mark.parametrize(("pairs", "width"), SIZES)
def test_the_loss_is_the_definition(pairs, width):
    """The loss is the mean over both directions of the scaled cosines' cross-entropies."""
    img, txt, log_scale = drawn(pairs, width)
    expected = by_hand(img, txt, log_scale)
    assert_close(clip_loss(img, txt, log_scale), expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_returns_one_number")
@pytest.mark.parametrize("which", ["img", "txt"])
def test_lengths_do_not_matter(which):
    """Rows of pictures or texts may have any length, each another, without changing the loss."""
    img, txt, log_scale = drawn(4, 3)
    expected = by_hand(img, txt, log_scale)
    stretch = torch.tensor([[0.1], [1.0], [7.0], [30.0]], dtype=torch.float64)
    img, txt = (img * stretch, txt) if which == "img" else (img, txt * stretch)
    assert_close(clip_loss(img, txt, log_scale), expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_returns_one_number")
def test_both_directions_count_the_same():
    """Pictures whose texts are all alike, and the other way round, give the same loss."""
    img, txt, log_scale = drawn(4, 3)
    txt = txt[:1].expand(4, 3).clone()
    expected = by_hand(img, txt, log_scale)
    assert_close(clip_loss(img, txt, log_scale), expected, label="loss", rtol=1e-10, atol=1e-10)
    assert_close(clip_loss(txt, img, log_scale), expected, label="loss, swapped", rtol=1e-10, atol=1e-10)


@after("test_the_loss_is_the_definition")
@pytest.mark.parametrize("scale", [100.0, 1000.0])
def test_a_large_scale(scale):
    """A large scale neither overflows nor gives infinity."""
    img, txt, _ = (t.float() for t in drawn(5, 3))
    log_scale = torch.tensor(math.log(scale))
    expected = by_hand(img, txt, log_scale)
    assert_close(clip_loss(img, txt, log_scale), expected, label="loss", rtol=1e-4, atol=1e-3)


@after("test_the_loss_is_the_definition")
@pytest.mark.parametrize(("pairs", "width"), SIZES[:3])
def test_the_gradients(pairs, width):
    """Pictures, texts and the scale receive the gradients of the formulas."""
    values = drawn(pairs, width)
    slopes = []
    for number, value in enumerate(values):
        slope = torch.zeros_like(value).flatten()
        for place in range(value.numel()):
            step = torch.zeros(value.numel(), dtype=torch.float64)
            step[place] = 1e-5
            moved = [[*values], [*values]]
            moved[0][number], moved[1][number] = (value + s * step.view(value.shape) for s in (1, -1))
            slope[place] = (by_hand(*moved[0]) - by_hand(*moved[1])) / 2e-5
        slopes.append(slope.view(value.shape))
    leaves = [value.clone().requires_grad_() for value in values]
    clip_loss(*leaves).backward()
    for leaf, slope, name in zip(leaves, slopes, ("img", "txt", "log_scale"), strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, slope, label=f"gradient of {name}", rtol=1e-6, atol=1e-8)


@after("test_the_loss_is_the_definition")
def test_arguments_may_be_non_contiguous():
    """The arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    img, txt, log_scale = drawn(4, 3)
    img, txt = img.T.contiguous().T, torch.stack([txt, txt], dim=2)[..., 0]
    expected = by_hand(img, txt, log_scale)
    assert_close(clip_loss(img, txt, log_scale), expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_returns_one_number")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    img, txt, log_scale = drawn(4, 3)
    expected = by_hand(img, txt, log_scale)
    with unchanged(img, txt, log_scale), rng_unchanged():
        answers = [clip_loss(img, txt, log_scale) for _ in range(2)]
    for loss in answers:
        assert_close(loss, expected, label="loss", rtol=1e-10, atol=1e-10)


def drawn(pairs, width):
    """Embeddings and a logarithm of the scale, in float64."""
    img, txt = torch.randn(2, pairs, width).double().unbind()
    return img, txt, torch.tensor(1.2, dtype=torch.float64)


def by_hand(img, txt, log_scale):
    """The definition, pair by pair, in plain floats."""
    scale = math.exp(log_scale.item())
    images, texts = img.double().tolist(), txt.double().tolist()
    logits = [[scale * cosine(a, b) for b in texts] for a in images]
    losses = []
    for i in range(len(images)):
        for line in (logits[i], [row[i] for row in logits]):
            top = max(line)
            losses.append(top + math.log(sum(math.exp(z - top) for z in line)) - logits[i][i])
    return torch.tensor(sum(losses) / len(losses), dtype=torch.float64)


def cosine(a, b):
    """The cosine of two lists of numbers."""
    return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))
