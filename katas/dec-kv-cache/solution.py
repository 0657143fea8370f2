"""Attention of new tokens to all so far, whose keys and values are kept.

B, H: batch and heads; T new tokens after P cached ones, width D. Shazeer 2019, section 2.4.
"""

import torch


def attend_cached(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    cache: tuple[torch.Tensor, torch.Tensor] | None,
) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
    """Return the output (B, H, T, D') of the last T tokens, and all keys and values."""
    if cache is not None:
        k = torch.cat([cache[0], k], dim=2)  # (B, H, P + T, D)
        v = torch.cat([cache[1], v], dim=2)
    keys, past = k.shape[2], k.shape[2] - q.shape[2]
    later = torch.arange(keys) > past + torch.arange(q.shape[2]).unsqueeze(1)  # (T, P + T)

    scores = q @ k.mT * q.shape[3] ** -0.5
    weights = torch.softmax(scores.masked_fill(later, -torch.inf), dim=3)
    return weights @ v, (k, v)
