"""Each head is attention with its own run of the projected features; the last weights mix them.

Letters: batch B, positions T, width D, heads H. Expected values are computed head by head and query by query,
with weights in plain floats, before the call.
"""

import math

import pytest
import torch
from submission import multi_head_attention

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# B, T, D, H: different and equal; one head, as many as features; one position.
SETTINGS = [(2, 3, 8, 4), (3, 5, 6, 2), (2, 4, 5, 1), (1, 2, 3, 3), (2, 1, 4, 2), (4, 4, 4, 2), (2, 2, 4, 2)]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_shape_and_dtype(setting):
    """The result is (B, T, D), of the dtype of x."""
    x, *weights = (t.float() for t in drawn(*setting))
    y = multi_head_attention(x, *weights, setting[3])
    assert_shape(y, x.shape, label="result")
    assert y.dtype == torch.float32, f"x of float32 gives float32, got {y.dtype}"


@after("test_shape_and_dtype")
@pytest.mark.parametrize("heads", [1, 2])
def test_worked_example(heads):
    """The example of the brief comes out as written."""
    wv, wo = torch.tensor([[0.0, 1.0], [1.0, 1.0]]), torch.tensor([[1.0, 2.0], [0.0, 1.0]])
    y = multi_head_attention(torch.tensor([[[1.0, 2.0]]]), torch.ones(2, 2), torch.ones(2, 2), wv, wo, heads)
    assert_close(y, torch.tensor([[[8, 3]]]).double(), label="result")


@after("test_shape_and_dtype")
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_result_is_the_definition(setting):
    """Each head attends with its own run of features, and the last weights mix them."""
    arguments = drawn(*setting)
    expected = by_hand(*arguments, setting[3], None)
    y = multi_head_attention(*arguments, setting[3])
    assert_close(y, expected, label="result", rtol=1e-10, atol=1e-10)


@after("test_the_result_is_the_definition")
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_masked_positions_have_no_weight(setting):
    """Positions that may not be seen have no weight in any head, the others share 1."""
    arguments, mask = drawn(*setting), some_of(setting[1])
    expected = by_hand(*arguments, setting[3], mask)
    y = multi_head_attention(*arguments, setting[3], mask)
    assert_close(y, expected, label="result", rtol=1e-10, atol=1e-10)


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("width", "heads"), [(6, 4), (5, 2), (4, 8)])
def test_heads_that_do_not_divide_raise(width, heads):
    """Where the number of heads does not divide the width a ValueError is raised."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are free
        multi_head_attention(*drawn(2, 3, width, heads), heads)


@after("test_the_result_is_the_definition")
@pytest.mark.parametrize("setting", SETTINGS[:4], ids=str)
def test_the_gradients(setting):
    """x and all weights receive the gradients of the formula."""
    values, mask, heads = drawn(*setting), some_of(setting[1]), setting[3]
    worth, width = torch.randn(values[0].shape).double(), setting[2] // heads
    leaves = [value.clone().requires_grad_() for value in values]
    x, wq, wk, wv, wo = leaves
    found = []
    for h in range(heads):
        own = slice(h * width, (h + 1) * width)
        q, k, v = (torch.einsum("btd,od->bto", x, w[own]) for w in (wq, wk, wv))
        powers = (torch.einsum("bto,bso->bts", q, k) * width**-0.5).exp() * mask
        found.append(torch.einsum("bts,bso->bto", powers / powers.sum(dim=2, keepdim=True), v))
    y = torch.einsum("bto,po->btp", torch.cat(found, dim=2), wo)
    expected = torch.autograd.grad((y * worth).sum(), leaves)
    leaves = [value.clone().requires_grad_() for value in values]
    (multi_head_attention(*leaves, heads, mask) * worth).sum().backward()
    for leaf, gradient, name in zip(leaves, expected, ("x", "wq", "wk", "wv", "wo"), strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-8, atol=1e-10)


@after("test_the_result_is_the_definition")
def test_arguments_may_be_non_contiguous():
    """The arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    arguments = [t.transpose(-1, -2).contiguous().transpose(-1, -2) for t in drawn(2, 3, 8, 4)]
    expected = by_hand(*arguments, 4, None)
    assert_close(multi_head_attention(*arguments, 4), expected, label="result", rtol=1e-10, atol=1e-10)


@after("test_shape_and_dtype")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    arguments, mask = drawn(2, 3, 8, 4), some_of(3)
    expected = by_hand(*arguments, 4, mask)
    with unchanged(*arguments, mask), rng_unchanged():
        answers = [multi_head_attention(*arguments, 4, mask) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="result", rtol=1e-10, atol=1e-10)


def drawn(batch, positions, width, _heads):
    """x and the four weights, in float64."""
    return [torch.randn(batch, positions, width).double(), *torch.randn(4, width, width).double().unbind()]


def some_of(positions):
    """A mask in which each position sees at least the first."""
    mask = torch.rand(positions, positions) < 0.5
    mask[:, 0] = True
    return mask


def by_hand(x, wq, wk, wv, wo, heads, mask):
    """The definition, head by head and query by query."""
    mask = torch.ones(x.shape[1], x.shape[1]).bool() if mask is None else mask
    width, result = x.shape[2] // heads, torch.zeros_like(x)
    for b, sequence in enumerate(x):
        q, k, v = ([w @ position for position in sequence] for w in (wq, wk, wv))
        for i in range(len(sequence)):
            found = torch.zeros(x.shape[2]).double()
            for h in range(heads):
                own = slice(h * width, (h + 1) * width)
                scores = [(q[i][own] @ key[own]).item() / math.sqrt(width) for key in k]
                top = max(scores)
                seen = zip(scores, mask[i].tolist(), strict=True)
                powers = [math.exp(s - top) if ok else 0.0 for s, ok in seen]
                for power, value in zip(powers, v, strict=True):
                    found[own] += power / sum(powers) * value[own]
            result[b, i] = wo @ found
    return result
