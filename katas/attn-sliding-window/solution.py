"""The sliding-window mask: a query sees its own position and the few before it.

    mask_ij = [ 0 <= (i + S - L) - j < W ]

Beltagy et al. 2020, section 3.1, in its causal form. L queries are the last L of S positions.
"""

import torch


def sliding_window_mask(q_len: int, kv_len: int, window: int) -> torch.Tensor:
    """Return which keys each query may see: (q_len, kv_len), True where it may."""
    if window < 1:
        raise ValueError(f"a query sees at least itself: the window must be 1 or more, not {window}")

    # The last query stands at the last key.
    queries = torch.arange(q_len) + (kv_len - q_len)  # (L,)
    back = queries.unsqueeze(1) - torch.arange(kv_len)  # (L, S): how far back each key is
    return (back >= 0) & (back < window)
