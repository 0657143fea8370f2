"""The causal mask: a query may see the keys up to its own position.

    mask_ij = [ j <= i + S - L ]

L queries are the last L of S positions: the mask is aligned to the bottom right corner.
"""

import torch


def causal_mask(q_len: int, kv_len: int, device: torch.device | str | None = None) -> torch.Tensor:
    """Return which keys each query may see: (q_len, kv_len), True where it may."""
    # The last query stands at the last key.
    queries = torch.arange(q_len, device=device) + (kv_len - q_len)  # (L,)
    keys = torch.arange(kv_len, device=device)  # (S,)
    return keys <= queries.unsqueeze(1)  # (L, S)
