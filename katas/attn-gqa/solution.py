"""Grouped-query attention: neighbouring query heads share one head of keys and values.

    y_h = softmax(q_h k_g^T / sqrt(D)) v_g      g = floor(h / G)      G = Hq / Hkv

Ainslie et al. 2023, section 2.2. B is the batch, L the number of queries, S that of keys, D the width.
"""

import math

import torch


def gqa(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Return the attention (B, Hq, L, D) of queries (B, Hq, L, D) to keys and values (B, Hkv, S, D)."""
    heads, shared = q.shape[1], k.shape[1]
    if heads % shared:
        raise ValueError(f"{heads} query heads cannot share {shared} heads of keys evenly")

    # Heads of a group stand next to each other; keys and values broadcast over them.
    grouped = q.unflatten(1, (shared, heads // shared))  # (B, Hkv, G, L, D)
    scores = grouped @ k.unsqueeze(2).transpose(3, 4) / math.sqrt(q.shape[3])  # (B, Hkv, G, L, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)

    y = torch.softmax(scores, dim=4) @ v.unsqueeze(2)
    return y.flatten(1, 2)
