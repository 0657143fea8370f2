"""However a text is cut, the outputs are those of causal attention over all of it, and caches only grow.

Letters: batch B, heads H, widths D and D'. Expected values are attention token by token in float64,
computed before the calls.
"""

import math

import pytest
import torch
from submission import attend_cached

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# B, H, D, D': all different, all equal, all one.
SIZES = [(2, 3, 4, 5), (2, 2, 2, 2), (1, 1, 1, 1), (3, 1, 2, 4)]
# How a text is cut: whole, one by one, a chunk after a prompt, chunks of all lengths, T = P, one and a chunk.
CUTS = [[6], [1, 1, 1], [3, 4], [5, 1, 1], [2, 3, 1, 4], [3, 3], [1, 4]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_shapes_and_dtypes(sizes, dtype):
    """The output is that of the new tokens, the cache a tuple of all keys and all values."""
    cache, past = None, 0
    for chunk in (3, 1, 2):
        q, k, v = (tensor.to(dtype) for tensor in drawn(*sizes, chunk))
        result = attend_cached(q, k, v, cache)
        assert isinstance(result, tuple), f"the result is (out, cache), got a {type(result).__name__}"
        out, cache = result
        past += chunk
        assert_shape(out, (*sizes[:2], chunk, sizes[3]), label="output")
        assert isinstance(cache, tuple), f"the cache is a tuple, got a {type(cache).__name__}"
        assert_shape(cache[0], (*sizes[:2], past, sizes[2]), label="keys in the cache")
        assert_shape(cache[1], (*sizes[:2], past, sizes[3]), label="values in the cache")
        for name, tensor in (("output", out), ("keys", cache[0]), ("values", cache[1])):
            assert tensor.dtype == dtype, f"{name}: {dtype} stays {dtype}, got {tensor.dtype}"


@after("test_shapes_and_dtypes")
def test_worked_example():
    """The example of the brief comes out as written."""
    cache = one(0.0), one(4.0)
    out, (keys, values) = attend_cached(one(1.0), one(math.log(3)), one(8.0), cache)
    assert_close(keys, torch.tensor([[[[0.0], [math.log(3)]]]], dtype=torch.float64), label="keys")
    assert_close(values, torch.tensor([[[[4.0], [8.0]]]], dtype=torch.float64), label="values")
    assert_close(out, torch.tensor([[[[7.0]]]], dtype=torch.float64), label="output")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_the_cache_holds_all_tokens(sizes, cut):
    """After each call the cache has all keys and values so far, oldest first."""
    q, k, v = drawn(*sizes, sum(cut))
    cache, start = None, 0
    for chunk in cut:
        end = start + chunk
        expected = k[:, :, :end].clone(), v[:, :, :end].clone()
        _, cache = attend_cached(*[tensor[:, :, start:end].clone() for tensor in (q, k, v)], cache)
        assert_close(cache[0], expected[0], label=f"keys after {end} tokens")
        assert_close(cache[1], expected[1], label=f"values after {end} tokens")
        start = end


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_without_a_cache(sizes):
    """Without a cache each token sees those before it and itself."""
    q, k, v = drawn(*sizes, 5)
    expected = by_hand(q, k, v)
    out, _ = attend_cached(q, k, v, None)
    assert_close(out, expected, label="output", rtol=1e-9, atol=1e-10)


@after("test_without_a_cache", "test_the_cache_holds_all_tokens")
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_however_the_text_is_cut(sizes, cut):
    """The outputs of all calls are those of causal attention over the whole text."""
    q, k, v = drawn(*sizes, sum(cut))
    expected = by_hand(q, k, v)
    cache, start = None, 0
    for chunk in cut:
        end = start + chunk
        out, cache = attend_cached(*[tensor[:, :, start:end].clone() for tensor in (q, k, v)], cache)
        right = expected[:, :, start:end]
        assert_close(out, right, label=f"output of tokens {start} to {end - 1}", rtol=1e-9, atol=1e-10)
        start = end


@after("test_the_cache_holds_all_tokens")
@pytest.mark.parametrize("chunk", [1, 3])
def test_several_continuations_of_one_cache(chunk):
    """The cache that is given stays as it was, so that several continuations can start from it."""
    sizes = (2, 3, 4, 5)
    q, k, v = drawn(*sizes, 4)
    _, cache = attend_cached(q, k, v, None)
    before = [tensor.clone() for tensor in cache]
    results = []
    for _ in range(2):
        more = drawn(*sizes, chunk)
        whole = [torch.cat(pair, dim=2) for pair in zip((q, k, v), more, strict=True)]
        expected = by_hand(*whole)[:, :, 4:]
        with unchanged(*cache):
            out, grown = attend_cached(*more, cache)
        assert_close(out, expected, label="output", rtol=1e-9, atol=1e-10)
        results.append((grown, whole))
    for grown, whole in results:
        assert_close(grown[0], whole[1], label="keys of one continuation, after the other")
        assert_close(grown[1], whole[2], label="values of one continuation, after the other")
    for name, tensor, was in zip(("keys", "values"), cache, before, strict=True):
        assert_close(tensor, was, label=f"{name} of the cache they started from")


@after("test_without_a_cache")
def test_the_gradients():
    """Gradients flow to q, k and v and to what is in the cache."""
    tensors = [*drawn(2, 2, 3, 4, 2), torch.randn(2, 2, 3, 3).double(), torch.randn(2, 2, 3, 4).double()]
    worth = torch.randn(2, 2, 2, 4).double()
    learned = [tensor.clone().requires_grad_() for tensor in tensors]
    q, k, v, past_k, past_v = learned
    scores = q @ torch.cat([past_k, k], dim=2).mT / math.sqrt(3)
    hidden = torch.tensor([[False, False, False, False, True], [False] * 5])
    weights = scores.masked_fill(hidden, -1e300).softmax(dim=3)
    right = weights @ torch.cat([past_v, v], dim=2)
    expected = torch.autograd.grad((right * worth).sum(), learned)
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    out, _ = attend_cached(*leaves[:3], (leaves[3], leaves[4]))
    (out * worth).sum().backward()
    names = ("q", "k", "v", "the keys in the cache", "the values in the cache")
    for name, leaf, gradient in zip(names, leaves, expected, strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-9, atol=1e-9)


@after("test_shapes_and_dtypes")
def test_nothing_else_happens():
    """The arguments may have any memory layout and stay as they were; no random number is drawn.

    Pins: "may have any memory layout and stay as they were; no random number is drawn".
    """
    q, k, v = (tensor.mT.contiguous().mT for tensor in drawn(2, 3, 4, 5, 4))
    expected = by_hand(q, k, v)[:, :, 1:]
    new, cache = [t[:, :, 1:] for t in (q, k, v)], (k[:, :, :1], v[:, :, :1])
    with unchanged(*new, *cache), rng_unchanged():
        answers = [attend_cached(*new, cache)[0] for _ in range(2)]
    for out in answers:
        assert_close(out, expected, label="output", rtol=1e-9, atol=1e-10)


def one(value):
    """A tensor (1, 1, 1, 1)."""
    return torch.tensor([[[[value]]]])


def drawn(batch, heads, width, out, tokens):
    """q, k and v of so many tokens, in float64."""
    q, k = torch.randn(batch, heads, tokens, width), torch.randn(batch, heads, tokens, width)
    return 2 * q.double(), k.double(), torch.randn(batch, heads, tokens, out).double() + 1


def by_hand(q, k, v):
    """Causal attention over a whole text, token by token."""
    out = torch.zeros_like(v)
    for i in range(q.shape[2]):
        scores = (q[:, :, i : i + 1] * k[:, :, : i + 1]).sum(dim=3) / math.sqrt(q.shape[3])
        powers = torch.exp(scores - scores.amax(dim=2, keepdim=True)).unsqueeze(3)
        out[:, :, i] = (powers * v[:, :, : i + 1]).sum(dim=2) / powers.sum(dim=2)
    return out
