"""Each query head attends with the keys and values of its group, neighbouring heads sharing one.

Letters: batch B, query heads H, key heads K, queries L, keys S, width D. Expected values are computed head by
head, with weights in plain floats, before the call.
"""

import math

import pytest
import torch
from submission import gqa

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# B, H, K, L, S, D: groups of 2, 3, 1 and all; sizes different and equal; one query, one key.
SETTINGS = [
    (2, 4, 2, 3, 5, 6),
    (3, 6, 2, 4, 2, 5),
    (1, 3, 3, 2, 4, 5),
    (2, 5, 1, 1, 3, 4),
    (2, 4, 2, 2, 2, 2),
    (1, 1, 1, 2, 1, 1),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_shape_and_dtype(setting):
    """The result is (B, Hq, L, D), of the dtype of q."""
    q, k, v = (t.float() for t in drawn(*setting))
    y = gqa(q, k, v)
    assert_shape(y, q.shape, label="result")
    assert y.dtype == torch.float32, f"q of float32 gives float32, got {y.dtype}"


@after("test_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written."""
    v = torch.tensor([5.0, 7.0]).view(1, 2, 1, 1)
    y = gqa(torch.ones(1, 4, 1, 1), torch.ones(1, 2, 1, 1), v)
    assert_close(y.flatten(), torch.tensor([5, 5, 7, 7]).double(), label="result of the four heads")


@after("test_shape_and_dtype")
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_result_is_the_definition(setting):
    """Each query head is attention with the keys and values of its group."""
    q, k, v = drawn(*setting)
    expected = by_hand(q, k, v, None)
    assert_close(gqa(q, k, v), expected, label="result", rtol=1e-10, atol=1e-10)


@after("test_the_result_is_the_definition")
@pytest.mark.parametrize("setting", SETTINGS[:5], ids=str)
def test_masked_keys_have_no_weight(setting):
    """Keys that a query may not see have no weight, the others share 1."""
    q, k, v = drawn(*setting)
    mask = some_of(q.shape[2], k.shape[2])
    expected = by_hand(q, k, v, mask)
    assert_close(gqa(q, k, v, mask), expected, label="result", rtol=1e-10, atol=1e-10)


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("heads", "shared"), [(3, 2), (2, 4), (5, 3)])
def test_heads_that_do_not_divide_raise(heads, shared):
    """Where the query heads are no multiple of the key heads a ValueError is raised."""
    q, k, v = drawn(2, heads, shared, 3, 4, 5)
    with pytest.raises(ValueError):  # noqa: PT011 - the words are free
        gqa(q, k, v)


@after("test_the_result_is_the_definition")
@pytest.mark.parametrize("setting", SETTINGS[:4], ids=str)
def test_the_gradients(setting):
    """q, k and v receive the gradients of the formula, shared heads those of their whole group."""
    values = drawn(*setting)
    worth, mask = torch.randn(values[0].shape).double(), some_of(values[0].shape[2], values[1].shape[2])
    leaves = [value.clone().requires_grad_() for value in values]
    owner = [h // (values[0].shape[1] // values[1].shape[1]) for h in range(values[0].shape[1])]
    keys, shown = (torch.stack([leaf[:, g] for g in owner], dim=1) for leaf in leaves[1:])
    powers = (torch.einsum("bhld,bhsd->bhls", leaves[0], keys) / keys.shape[3] ** 0.5).exp() * mask
    y = torch.einsum("bhls,bhsd->bhld", powers / powers.sum(dim=3, keepdim=True), shown)
    expected = torch.autograd.grad((y * worth).sum(), leaves)
    leaves = [value.clone().requires_grad_() for value in values]
    (gqa(*leaves, mask) * worth).sum().backward()
    for leaf, gradient, name in zip(leaves, expected, "qkv", strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-8, atol=1e-10)


@after("test_the_result_is_the_definition")
def test_arguments_may_be_non_contiguous():
    """The arguments may have any memory layout."""
    q, k, v = (t.transpose(1, 2).contiguous().transpose(1, 2) for t in drawn(2, 4, 2, 3, 5, 6))
    mask = some_of(5, 3).T
    mask[:, 0] = True
    expected = by_hand(q, k, v, mask)
    assert_close(gqa(q, k, v, mask), expected, label="result", rtol=1e-10, atol=1e-10)


@after("test_shape_and_dtype")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    q, k, v = drawn(2, 4, 2, 3, 5, 6)
    mask = some_of(3, 5)
    expected = by_hand(q, k, v, mask)
    with unchanged(q, k, v, mask), rng_unchanged():
        answers = [gqa(q, k, v, mask) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="result", rtol=1e-10, atol=1e-10)


def drawn(batch, heads, shared, queries, keys, width):
    """q, k and v, in float64."""
    shapes = [(batch, heads, queries, width), *[(batch, shared, keys, width)] * 2]
    return [torch.randn(shape).double() for shape in shapes]


def some_of(queries, keys):
    """A mask in which each query sees at least the first key."""
    mask = torch.rand(queries, keys) < 0.5
    mask[:, 0] = True
    return mask


def by_hand(q, k, v, mask):
    """The definition, query by query, with weights in plain floats."""
    mask = torch.ones(q.shape[2], k.shape[2]).bool() if mask is None else mask
    group, result = q.shape[1] // k.shape[1], torch.zeros_like(q)
    for b in range(q.shape[0]):
        for h in range(q.shape[1]):
            for i in range(q.shape[2]):
                keys = k[b, h // group]
                scores = [(q[b, h, i] @ key).item() / math.sqrt(q.shape[3]) for key in keys]
                powers = [math.exp(s) if ok else 0.0 for s, ok in zip(scores, mask[i].tolist(), strict=True)]
                for power, value in zip(powers, v[b, h // group], strict=True):
                    result[b, h, i] += power / sum(powers) * value
    return result
