"""Rows hold the sequences and the filling on one side; the mask says what is real.

Expected values are Python lists, computed before the call.
"""

import pytest
import torch
from submission import pad_batch

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Lengths: the longest first, last, in between; empty ones at every place; all alike; one sequence, one token.
LENGTHS = [[4, 2, 1], [1, 3, 5], [2, 6, 0, 3], [0, 2], [3, 0], [3, 3, 3], [4], [1]]
SIDES = pytest.mark.parametrize("side", ["right", "left"])


@SIDES
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_shapes(lengths, side):
    """Both results are (B, T) with T the length of the longest, and the mask is bool."""
    ids, mask = pad_batch(drawn(lengths), 0, side)
    assert_shape(ids, (len(lengths), max(lengths)), label="ids")
    assert_shape(mask, (len(lengths), max(lengths)), label="mask")
    assert mask.dtype == torch.bool, f"the mask is bool, got {mask.dtype}"


@after("test_shapes")
def test_worked_example():
    """The example of the brief comes out as written."""
    ids, mask = pad_batch([torch.tensor([5, 0]), torch.tensor([7])], pad=0, side="left")
    assert_close(ids, torch.tensor([[5, 0], [0, 7]]), label="ids")
    assert_close(mask, torch.tensor([[1, 1], [0, 1]]).bool(), label="mask")


@after("test_shapes")
@SIDES
@pytest.mark.parametrize("pad", [0, -1, 9])
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_each_token_has_its_place(lengths, pad, side):
    """Tokens stand in their order without gaps, the filling on the side that was asked for."""
    seqs = drawn(lengths)
    ids, mask = by_hand(seqs, pad, side)
    found = pad_batch(seqs, pad, side)
    assert_close(found[0], ids, label="ids")
    assert_close(found[1], mask, label="mask")


@after("test_shapes")
def test_padding_is_on_the_right_by_default():
    """Without a side the filling goes to the right."""
    seqs = drawn([2, 4])
    ids, mask = by_hand(seqs, 0, "right")
    found = pad_batch(seqs, 0)
    assert_close(found[0], ids, label="ids")
    assert_close(found[1], mask, label="mask")


@after("test_shapes")
@SIDES
def test_real_tokens_may_equal_the_filling(side):
    """Real tokens are marked, whether they equal the filling or not."""
    seqs = [torch.tensor([2, 7, 2]), torch.tensor([2]), torch.tensor([2, 2, 2, 3])]
    _, mask = by_hand(seqs, 2, side)
    assert_close(pad_batch(seqs, 2, side)[1], mask, label="mask")


@after("test_shapes")
@SIDES
@pytest.mark.parametrize("dtype", [torch.int32, torch.int8, torch.float64, torch.float32], ids=str)
def test_the_dtype_stays(dtype, side):
    """ids has the dtype of the sequences."""
    seqs = [torch.tensor([1, 2]).to(dtype), torch.tensor([3]).to(dtype)]
    expected, _ = by_hand(seqs, 0, side)
    ids, _ = pad_batch(seqs, 0, side)
    assert_close(ids.double(), expected.double(), label="ids")
    assert ids.dtype == dtype, f"sequences of {dtype} give ids of {dtype}, got {ids.dtype}"


@after("test_shapes")
@SIDES
def test_all_empty(side):
    """Nothing but empty sequences give two tensors of shape (B, 0)."""
    ids, mask = pad_batch(drawn([0, 0]), 3, side)
    assert_shape(ids, (2, 0), label="ids")
    assert_shape(mask, (2, 0), label="mask")


@after("test_shapes")
@pytest.mark.parametrize("side", ["both", "", "LEFT"])
def test_other_sides_raise(side):
    """A side other than right and left raises a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are free
        pad_batch(drawn([2, 3]), 0, side)


@after("test_each_token_has_its_place")
@SIDES
def test_nothing_else_happens(side):
    """The sequences stay as they were and share no memory with the result; no random number is drawn."""
    seqs = [torch.arange(1, 9)[::2], torch.tensor([3, 4, 5, 6]), torch.tensor([8])]
    expected, _ = by_hand(seqs, 0, side)
    with unchanged(*seqs), rng_unchanged():
        ids, mask = pad_batch(seqs, 0, side)
        ids.fill_(50)
        mask.fill_(True)
    assert_close(pad_batch(seqs, 0, side)[0], expected, label="ids of the second call")


def drawn(lengths):
    """Sequences of these lengths, some tokens 0."""
    return [torch.randint(5, (length,)) for length in lengths]


def by_hand(seqs, pad, side):
    """Rows of ids and of the mask, as lists first."""
    longest = max(len(seq) for seq in seqs)
    ids, mask = [], []
    for seq in seqs:
        tokens, gap = seq.tolist(), longest - len(seq)
        ids.append(tokens + [pad] * gap if side == "right" else [pad] * gap + tokens)
        real = [True] * len(tokens)
        mask.append(real + [False] * gap if side == "right" else [False] * gap + real)
    return torch.tensor(ids), torch.tensor(mask)
