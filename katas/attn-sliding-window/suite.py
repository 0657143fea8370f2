"""A sliding window lets each query see itself and the keys just before it, the last query at the last key.

Letters: queries L, keys S, window W. Expected values are a loop over both, computed before the call.
"""

import pytest
import torch
from submission import sliding_window_mask

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged

# L, S, W: fewer, as many, and more queries; windows of one, in between, just as wide, and wider.
SETTINGS = [(2, 6, 3), (5, 5, 2), (4, 4, 4), (1, 6, 4), (3, 4, 1), (6, 3, 2), (4, 7, 7), (3, 5, 9), (1, 1, 1)]


@pytest.mark.parametrize(("q_len", "kv_len", "window"), SETTINGS)
def test_shape_and_dtype(q_len, kv_len, window):
    """The mask is (q_len, kv_len), bool."""
    mask = sliding_window_mask(q_len, kv_len, window)
    assert_shape(mask, (q_len, kv_len), label="mask")
    assert mask.dtype == torch.bool, f"the mask is bool, got {mask.dtype}"


@after("test_shape_and_dtype")
def test_worked_example():
    """The example of the brief comes out as written."""
    expected = torch.tensor([[0, 1, 1, 1, 0], [0, 0, 1, 1, 1]]).bool()
    assert_close(sliding_window_mask(2, 5, 3), expected, label="mask of 2 queries, 5 keys, window 3")


@after("test_shape_and_dtype")
@pytest.mark.parametrize("window", [1, 2, 3, 5])
def test_equal_lengths_are_a_band(window):
    """With as many queries as keys the mask is a band of W below the diagonal, which belongs to it."""
    expected = by_hand(5, 5, window)
    assert_close(sliding_window_mask(5, 5, window), expected, label="mask")


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("q_len", "kv_len", "window"), SETTINGS)
def test_the_mask_is_the_definition(q_len, kv_len, window):
    """For any lengths the last query stands at the last key, and each sees at most W keys."""
    expected = by_hand(q_len, kv_len, window)
    assert_close(sliding_window_mask(q_len, kv_len, window), expected, label="mask")


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("q_len", "kv_len"), [(4, 4), (2, 5), (5, 3)])
def test_a_wide_window_is_causal(q_len, kv_len):
    """Where the window is as wide as the text or wider the mask is causal."""
    expected = by_hand(q_len, kv_len, 1000)
    for window in (kv_len, kv_len + 1, 100):
        assert_close(sliding_window_mask(q_len, kv_len, window), expected, label="mask")


@after("test_the_mask_is_the_definition")
def test_decoding_sees_what_one_pass_sees():
    """Asked in pieces, the rows of a whole pass come out one after the other.

    Pins: "the last query stands at the last key".
    """
    expected = by_hand(7, 7, 3)
    rows, done = [], 0
    for piece in (3, 1, 2, 1):
        done += piece
        mask = sliding_window_mask(piece, done, 3)
        rows.append(torch.cat([mask, torch.zeros(piece, 7 - done).bool()], dim=1))
    assert_close(torch.cat(rows), expected, label="rows of all pieces")


@after("test_shape_and_dtype")
@pytest.mark.parametrize("window", [0, -1])
def test_windows_below_one_raise(window):
    """A window of less than 1 raises a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are free
        sliding_window_mask(3, 4, window)


@after("test_shape_and_dtype")
@pytest.mark.parametrize(("q_len", "kv_len"), [(0, 4), (3, 0), (0, 0)])
def test_lengths_of_zero(q_len, kv_len):
    """Lengths of 0 give an empty mask of that shape.

    Pins: "give an empty mask of that shape".
    """
    assert_shape(sliding_window_mask(q_len, kv_len, 2), (q_len, kv_len), label="mask")


@after("test_shape_and_dtype")
def test_nothing_else_happens():
    """No random number is drawn, and each call gives a mask of its own.

    Pins: "each call gives a tensor of its own".
    """
    expected = by_hand(3, 5, 2)
    with rng_unchanged():
        first = sliding_window_mask(3, 5, 2)
    first.fill_(False)
    assert_close(sliding_window_mask(3, 5, 2), expected, label="mask of the second call")


def by_hand(q_len, kv_len, window):
    """For each query and key whether the key is one of the last W up to the query."""
    rows = [[j in range(p - window + 1, p + 1) for j in range(kv_len)] for p in range(kv_len - q_len, kv_len)]
    return torch.tensor(rows).reshape(q_len, kv_len)
