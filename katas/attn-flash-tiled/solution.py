"""Attention in tiles: maximum, sum and output are kept while keys come in blocks.

    m' = max(m, max s)    l' = l exp(m - m') + sum exp(s - m')    a' = a exp(m - m') + sum exp(s - m') v

Dao et al. 2022, algorithm 1. B, H: batch and heads; L queries, S keys, width D.
"""

import torch


def flash_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, block: int = 64, causal: bool = False
) -> torch.Tensor:
    """Return the attention (B, H, L, D') of q (B, H, L, D) to k (B, H, S, D) and v (B, H, S, D')."""
    shift = k.shape[2] - q.shape[2]  # the last query stands at the last key
    q = q * q.shape[3] ** -0.5
    tiles = []
    for first in range(0, q.shape[2], block):
        rows = q[:, :, first : first + block]
        m = torch.full_like(rows[:, :, :, :1], -torch.inf)
        total, output = torch.zeros_like(m), 0
        for start in range(0, k.shape[2], block):
            scores = rows @ k[:, :, start : start + block].mT
            if causal:
                query = first + torch.arange(scores.shape[2]).unsqueeze(1)
                key = start + torch.arange(scores.shape[3])
                scores = scores.masked_fill(key > query + shift, -torch.inf)
            highest = torch.maximum(m, scores.amax(dim=3, keepdim=True))
            base = highest.masked_fill(highest == -torch.inf, 0.0)  # -inf - (-inf) would be NaN
            powers, shrink = torch.exp(scores - base), torch.exp(m - base)
            total = total * shrink + powers.sum(dim=3, keepdim=True)
            output = output * shrink + powers @ v[:, :, start : start + block]
            m = highest
        tiles.append(output / total.masked_fill(total == 0, 1.0))  # nothing seen gives 0
    return torch.cat(tiles, dim=2)
