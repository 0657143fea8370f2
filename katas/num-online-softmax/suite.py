"""Statistics of parts merge into those of the whole, block by block, in any order.

Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import merge_stats, online_stats

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Leading axes and the sizes of the blocks: one block, single logits, uneven and even cuts.
SETTINGS = [((3,), [4]), ((2, 3), [1, 5, 2]), ((4,), [4, 4]), ((), [3, 1, 1]), ((1,), [2, 6])]
INF = math.inf


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("lead", "sizes"), SETTINGS, ids=str)
def test_shapes_and_dtypes(lead, sizes, dtype):
    """Maximum and sum have the leading axes, and the dtype of the logits."""
    blocks = [block.to(dtype) for block in drawn(lead, sizes)]
    merged = merge_stats(*[torch.ones(lead, dtype=dtype)] * 4)
    for (m, s), of in ((online_stats(blocks), "online"), (merged, "merged")):
        assert_shape(m, lead, label=f"maximum, {of}")
        assert_shape(s, lead, label=f"sum, {of}")
        assert m.dtype == s.dtype == dtype, f"{dtype} stays {dtype}, got {m.dtype} and {s.dtype} ({of})"


@after("test_shapes_and_dtypes")
def test_worked_example():
    """The example of the brief comes out as written."""
    m, s = online_stats([torch.tensor([0.0, math.log(2)]), torch.tensor([math.log(4)])])
    assert_close(m, torch.tensor(math.log(4), dtype=torch.float64), label="maximum")
    assert_close(s, torch.tensor(1.75, dtype=torch.float64), label="sum")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("lead", [(5,), (2, 3), ()], ids=str)
def test_merging_is_the_definition(lead):
    """The merged maximum is the larger, the merged sum is relative to it."""
    m1, m2 = (2 * torch.randn(2, *lead).double()).unbind()
    l1, l2 = (1 + 3 * torch.rand(2, *lead).double()).unbind()
    pairs = [t.flatten().tolist() for t in (m1, l1, m2, l2)]
    tops = [max(a, b) for a, b in zip(pairs[0], pairs[2], strict=True)]
    sums = [
        p * math.exp(a - top) + q * math.exp(b - top) for a, p, b, q, top in zip(*pairs, tops, strict=True)
    ]
    m, s = merge_stats(m1, l1, m2, l2)
    assert_close(m, torch.tensor(tops, dtype=torch.float64).reshape(lead), label="maximum")
    expected = torch.tensor(sums, dtype=torch.float64).reshape(lead)
    assert_close(s, expected, label="sum", rtol=1e-11, atol=1e-11)


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize(("lead", "sizes"), SETTINGS, ids=str)
def test_streaming_is_the_definition(lead, sizes):
    """The statistics of the blocks are those of all logits together."""
    blocks = drawn(lead, sizes)
    top, total = by_hand(blocks)
    m, s = online_stats(blocks)
    assert_close(m, top, label="maximum", rtol=1e-11, atol=1e-11)
    assert_close(s, total, label="sum", rtol=1e-11, atol=1e-11)


@after("test_streaming_is_the_definition")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_the_order_does_not_matter(order):
    """Rising, falling and mixed blocks give the same.

    Pins: "of the parts does not matter".
    """
    blocks = [torch.randn(3, 2).double() + 5 * place for place in range(3)]
    top, total = by_hand(blocks)
    m, s = online_stats([blocks[place] for place in order])
    assert_close(m, top, label="maximum", rtol=1e-11, atol=1e-11)
    assert_close(s, total, label="sum", rtol=1e-11, atol=1e-11)


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("hidden", [[0], [1], [2], [0, 1], [0, 1, 2]], ids=str)
def test_parts_of_which_nothing_is_seen(hidden):
    """Blocks of nothing but minus infinity change nothing, and alone have the maximum -inf and the sum 0."""
    blocks = [torch.randn(4, 3).double() - 2 for _ in range(3)]
    for place in hidden:
        blocks[place][1:] = -INF
    blocks[0][0, 1] = -INF
    top, total = by_hand(blocks)
    m, s = online_stats(blocks)
    assert_close(s, total, label="sum", rtol=1e-11, atol=1e-11)
    assert ((m == top) | ((m - top).abs() < 1e-11)).all(), "the maximum is that of what is seen, or -inf"


@after("test_shapes_and_dtypes")
def test_merging_nothing():
    """Merging the statistics of nothing changes nothing, from either side."""
    nothing = torch.tensor([-INF, -INF]), torch.zeros(2)
    some = torch.tensor([-3.0, -INF]), torch.tensor([1.5, 0.0])
    for first, second in ((nothing, some), (some, nothing)):
        m, s = merge_stats(*first, *second)
        assert_close(s, torch.tensor([1.5, 0.0], dtype=torch.float64), label="sum")
        assert (m == some[0]).all(), "the maximum is that of what is seen, or -inf"


@after("test_streaming_is_the_definition")
@pytest.mark.parametrize("offset", [-1000.0, -200.0, 1000.0])
def test_logits_far_from_zero(offset):
    """Logits far below 0 or near 1000 neither underflow nor overflow."""
    blocks = [(block + offset).float() for block in drawn((3,), [2, 4])]
    top, total = by_hand(blocks)
    m, s = online_stats(blocks)
    assert_close(m, top, label="maximum")
    assert_close(s, total, label="sum")


@after("test_streaming_is_the_definition")
def test_blocks_may_come_one_by_one():
    """blocks may be a generator.

    Pins: "may be a generator".
    """
    blocks = drawn((3,), [2, 1, 4])
    _, total = by_hand(blocks)
    _, s = online_stats(block for block in blocks)
    assert_close(s, total, label="sum", rtol=1e-11, atol=1e-11)


@after("test_streaming_is_the_definition")
def test_the_gradients():
    """The gradient of m + ln l is the softmax, a block that is hidden included."""
    blocks = drawn((3,), [2, 4, 1])
    blocks[2][:] = -INF
    _, total = by_hand(blocks)
    top = torch.cat(blocks, dim=1).amax(dim=1, keepdim=True)
    expected = [(block - top).exp() / total.unsqueeze(1) for block in blocks]
    leaves = [block.clone().requires_grad_() for block in blocks]
    m, s = online_stats(leaves)
    (m + s.log()).sum().backward()
    for leaf, gradient in zip(leaves, expected, strict=True):
        assert leaf.grad is not None, "no gradient reaches the logits"
        assert_close(leaf.grad, gradient, label="gradient of the logits", rtol=1e-9, atol=1e-10)


@after("test_shapes_and_dtypes")
def test_nothing_else_happens():
    """The arguments may have any memory layout and stay as they were; no random number is drawn."""
    blocks = [block.T.contiguous().T for block in drawn((3,), [2, 4])]
    _, total = by_hand(blocks)
    with unchanged(*blocks), rng_unchanged():
        answers = [online_stats(blocks) for _ in range(2)]
    for _, s in answers:
        assert_close(s, total, label="sum", rtol=1e-11, atol=1e-11)
    stats = [torch.rand(3) for _ in range(4)]
    with unchanged(*stats):
        merge_stats(*stats)


def drawn(lead, sizes):
    """Blocks of logits, in float64."""
    return [2 * torch.randn(*lead, size).double() for size in sizes]


def by_hand(blocks):
    """The statistics of all logits together, in plain floats."""
    whole = torch.cat([block.double() for block in blocks], dim=-1)
    tops, totals = [], []
    for row in whole.reshape(-1, whole.shape[-1]).tolist():
        top = max(row)
        tops.append(top)
        totals.append(sum(math.exp(x - top) for x in row if x > -INF))
    lead = whole.shape[:-1]
    return (
        torch.tensor(tops, dtype=torch.float64).reshape(lead),
        torch.tensor(totals, dtype=torch.float64).reshape(lead),
    )
