"""A causal mask lets each query see the keys up to its own position, the last query standing at the last key.

Letters: queries L, keys S. Expected values are a loop over both, computed before the call.
"""

import pytest
import torch
from submission import causal_mask

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged

LENGTHS = [(2, 5), (4, 4), (1, 6), (3, 4), (5, 2), (7, 6), (1, 1), (6, 1)]


@pytest.mark.parametrize(("q_len", "kv_len"), LENGTHS)
def test_shape_and_dtype(q_len, kv_len):
    """The mask is (q_len, kv_len), bool."""
    mask = causal_mask(q_len, kv_len)
    assert_shape(mask, (q_len, kv_len), label="mask")
    assert mask.dtype == torch.bool, f"the mask is bool, got {mask.dtype}"


@after("test_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written."""
    expected = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]).bool()
    assert_close(causal_mask(2, 5), expected, label="mask of 2 queries and 5 keys")


@after("test_shape_and_dtype")
@pytest.mark.parametrize("length", [1, 2, 4, 9])
def test_equal_lengths_are_a_triangle(length):
    """With as many queries as keys each query sees the keys up to its own position, itself too."""
    expected = by_hand(length, length)
    assert_close(causal_mask(length, length), expected, label="mask")


@after("test_equal_lengths_are_a_triangle")
@pytest.mark.parametrize(("q_len", "kv_len"), [(2, 5), (1, 6), (3, 4), (4, 9)])
def test_fewer_queries_are_the_last_positions(q_len, kv_len):
    """Fewer queries than keys stand at the last positions: the last one sees every key."""
    expected = by_hand(q_len, kv_len)
    assert_close(causal_mask(q_len, kv_len), expected, label="mask")


@after("test_equal_lengths_are_a_triangle")
@pytest.mark.parametrize(("q_len", "kv_len"), [(5, 2), (7, 6), (6, 1)])
def test_more_queries_than_keys(q_len, kv_len):
    """With more queries than keys the first ones see nothing.

    Pins: "stand before all keys and see nothing".
    """
    expected = by_hand(q_len, kv_len)
    assert_close(causal_mask(q_len, kv_len), expected, label="mask")


@after("test_equal_lengths_are_a_triangle")
def test_decoding_sees_what_one_pass_sees():
    """Asked in pieces, the rows of a whole pass come out one after the other.

    Pins: "the **last** query".
    """
    expected = by_hand(7, 7)
    rows, done = [], 0
    for piece in (3, 1, 2, 1):
        done += piece
        mask = causal_mask(piece, done)
        rows.append(torch.cat([mask, torch.zeros(piece, 7 - done).bool()], dim=1))
    assert_close(torch.cat(rows), expected, label="rows of all pieces")


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("q_len", "kv_len"), [(0, 4), (3, 0), (0, 0)])
def test_lengths_of_zero(q_len, kv_len):
    """Lengths of 0 give an empty mask of that shape.

    Pins: "give an empty mask of that shape".
    """
    mask = causal_mask(q_len, kv_len)
    assert_shape(mask, (q_len, kv_len), label="mask")
    assert mask.dtype == torch.bool, f"the mask is bool, got {mask.dtype}"


@after("test_shape_and_dtype")
def test_the_device_is_used():
    """The mask is made on the device that is asked for.

    Pins: "where the mask is made".
    """
    mask = causal_mask(2, 3, device="cpu")
    assert mask.device.type == "cpu", f"asked for the CPU, the mask is on {mask.device}"


@after("test_shape_and_dtype")
def test_nothing_else_happens():
    """No random number is drawn, and each call gives a mask of its own.

    Pins: "each call gives a tensor of its own".
    """
    expected = by_hand(3, 5)
    with rng_unchanged():
        first = causal_mask(3, 5)
    first.fill_(False)
    assert_close(causal_mask(3, 5), expected, label="mask of the second call")


def by_hand(q_len, kv_len):
    """For each query and key whether the key stands at or before the query."""
    rows = [[j <= i + kv_len - q_len for j in range(kv_len)] for i in range(q_len)]
    return torch.tensor(rows).reshape(q_len, kv_len)
