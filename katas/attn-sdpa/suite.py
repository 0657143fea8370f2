"""Attention averages the values with a softmax over the keys of the scaled products of queries and keys.

Letters: queries L, keys S, width D, width of the values O. Expected values are loops over plain floats,
or autograd on the definition, computed before the call.
"""

import math

import pytest
import torch
from submission import attention

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Leading axes, L, S, D, O: all different and all equal; none, one and two leading axes; one query, one key.
SETTINGS = [
    ((), 3, 5, 4, 2),
    ((2,), 4, 3, 5, 6),
    ((2, 3), 2, 4, 3, 5),
    ((2,), 4, 4, 4, 4),
    ((3,), 1, 6, 2, 3),
    ((), 5, 1, 3, 2),
]


@pytest.mark.parametrize(("lead", "queries", "keys", "width", "out"), SETTINGS, ids=str)
def test_shape_and_dtype(lead, queries, keys, width, out):
    """The result is (..., L, Dv), of the dtype of q."""
    q, k, v = (t.float() for t in drawn(lead, queries, keys, width, out))
    y = attention(q, k, v)
    assert_shape(y, (*lead, queries, out), label="result")
    assert y.dtype == torch.float32, f"q of float32 gives float32, got {y.dtype}"


@after("test_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written."""
    k = torch.tensor([[0.0, 0.0], [math.sqrt(2) * math.log(3) / 2, 0.0]])
    y = attention(torch.tensor([[2.0, 0.0]]), k, torch.tensor([[4.0], [8.0]]))
    assert_close(y, torch.tensor([[7.0]]).double(), label="result")


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("lead", "queries", "keys", "width", "out"), SETTINGS, ids=str)
def test_the_result_is_the_definition(lead, queries, keys, width, out):
    """The result is the average of the values, weighed by the softmax over the keys."""
    q, k, v = drawn(lead, queries, keys, width, out)
    expected = by_hand(q, k, v, None)
    assert_close(attention(q, k, v), expected, label="result", rtol=1e-10, atol=1e-10)


@after("test_the_result_is_the_definition")
@pytest.mark.parametrize(("lead", "queries", "keys", "width", "out"), SETTINGS[:5], ids=str)
@pytest.mark.parametrize("own", [True, False], ids=["a mask for each", "one mask for all"])
def test_masked_keys_have_no_weight(lead, queries, keys, width, out, own):
    """Keys that a query may not see have no weight, the others share 1."""
    q, k, v = drawn(lead, queries, keys, width, out)
    mask = some_of((*lead, queries, keys) if own else (queries, keys))
    expected = by_hand(q, k, v, mask)
    assert_close(attention(q, k, v, mask), expected, label="result", rtol=1e-10, atol=1e-10)


@after("test_masked_keys_have_no_weight")
def test_values_that_nobody_sees_do_not_matter():
    """Values of a key that nobody may see change nothing, however large they are.

    Pins: "What stands in a value that nobody may see".
    """
    q, k, v = drawn((2,), 3, 5, 4, 2)
    mask = torch.ones(3, 5).bool()
    mask[:, 2] = False
    expected = by_hand(q, k, v, mask)
    k[:, 2], v[:, 2] = 50.0, 1e9
    assert_close(attention(q, k, v, mask), expected, label="result", rtol=1e-9, atol=1e-9)


@after("test_masked_keys_have_no_weight")
@pytest.mark.parametrize("rows", [[1], [0, 2], [0, 1, 2]], ids=str)
def test_a_query_that_sees_nothing(rows):
    """A query that may see nothing gets zeros, and no gradient becomes NaN."""
    q, k, v = drawn((2,), 3, 4, 5, 2)
    mask = some_of((3, 4))
    mask[rows] = False
    expected = by_hand(q, k, v, mask)
    leaves = [t.clone().requires_grad_() for t in (q, k, v)]
    y = attention(*leaves, mask)
    assert_close(y, expected, label="result", rtol=1e-10, atol=1e-10)
    y.sum().backward()
    for leaf, name in zip(leaves, "qkv", strict=True):
        assert leaf.grad is None or leaf.grad.isfinite().all(), f"the gradient of {name} is not finite"


@after("test_the_result_is_the_definition")
def test_large_scores_do_not_overflow():
    """Queries and keys of a hundred times the usual size give a finite result."""
    q, k, v = (t.float() for t in drawn((2,), 3, 5, 4, 2))
    q, k = (100 * q).round(), (100 * k).round()
    expected = by_hand(q.double(), k.double(), v.double(), None)
    assert_close(attention(q, k, v), expected, label="result", atol=1e-2)


@after("test_the_result_is_the_definition")
@pytest.mark.parametrize(("lead", "queries", "keys", "width", "out"), SETTINGS[:4], ids=str)
@pytest.mark.parametrize("masked", [True, False], ids=["masked", "open"])
def test_the_gradients(lead, queries, keys, width, out, masked):
    """q, k and v receive the gradients of the formula."""
    values, worth = drawn(lead, queries, keys, width, out), torch.randn(*lead, queries, out).double()
    mask = some_of((queries, keys)) if masked else torch.ones(queries, keys).bool()
    leaves = [value.clone().requires_grad_() for value in values]
    powers = (torch.einsum("...ld,...sd->...ls", leaves[0], leaves[1]) * width**-0.5).exp() * mask
    y = torch.einsum("...ls,...so->...lo", powers / powers.sum(dim=-1, keepdim=True), leaves[2])
    expected = torch.autograd.grad((y * worth).sum(), leaves)
    leaves = [value.clone().requires_grad_() for value in values]
    (attention(*leaves, mask if masked else None) * worth).sum().backward()
    for leaf, gradient, name in zip(leaves, expected, "qkv", strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-8, atol=1e-10)


@after("test_masked_keys_have_no_weight")
def test_arguments_may_be_non_contiguous():
    """The arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    q, k, v = (t.transpose(1, 2).contiguous().transpose(1, 2) for t in drawn((2,), 3, 5, 4, 2))
    mask = some_of((5, 3)).T
    mask[:, 0] = True
    expected = by_hand(q, k, v, mask)
    assert_close(attention(q, k, v, mask), expected, label="result", rtol=1e-10, atol=1e-10)


@after("test_shape_and_dtype")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    q, k, v = drawn((2,), 3, 5, 4, 2)
    mask = some_of((3, 5))
    expected = by_hand(q, k, v, mask)
    with unchanged(q, k, v, mask), rng_unchanged():
        answers = [attention(q, k, v, mask) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="result", rtol=1e-10, atol=1e-10)


def drawn(lead, queries, keys, width, out):
    """q, k and v, in float64."""
    shapes = [(*lead, queries, width), (*lead, keys, width), (*lead, keys, out)]
    return [torch.randn(shape).double() for shape in shapes]


def some_of(shape):
    """A mask in which each query sees at least the first key."""
    mask = torch.rand(shape) < 0.5
    mask[..., 0] = True
    return mask


def by_hand(q, k, v, mask):
    """The definition, query by query, in plain floats for the weights."""
    lead = q.shape[:-2]
    whole = (*lead, q.shape[-2], k.shape[-2])
    mask = torch.ones(whole).bool() if mask is None else mask.expand(whole)
    flat = [t.reshape(-1, *t.shape[-2:]) for t in (q, k, v, mask)]
    outputs = []
    for queries, keys, values, visible in zip(*flat, strict=True):
        for query, seen in zip(queries, visible.tolist(), strict=True):
            scores = [(query @ key).item() / len(query) ** 0.5 for key in keys]
            top = max((s for s, ok in zip(scores, seen, strict=True) if ok), default=0.0)
            powers = [math.exp(s - top) if ok else 0.0 for s, ok in zip(scores, seen, strict=True)]
            total = sum(powers) or 1.0
            outputs.append(sum(power / total * value for power, value in zip(powers, values, strict=True)))
    return torch.stack(outputs).reshape(*lead, q.shape[-2], v.shape[-1])
