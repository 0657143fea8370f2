"""Multi-head attention: each head attends with its own run of features, and one projection mixes them.

    y = [softmax(Q_h K_h^T / sqrt(d)) V_h for all h] W_o^T      Vaswani et al. 2017, section 3.2.2

B is the batch, T the number of positions, D the width of the model, H the number of heads, d = D / H.
"""

import math

import torch


def multi_head_attention(
    x: torch.Tensor,
    wq: torch.Tensor,
    wk: torch.Tensor,
    wv: torch.Tensor,
    wo: torch.Tensor,
    n_heads: int,
    mask: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the self-attention (B, T, D) of x (B, T, D)."""
    width, rest = divmod(x.shape[2], n_heads)
    if rest:
        raise ValueError(f"{n_heads} heads do not divide a width of {x.shape[2]}")

    q, k, v = (
        (x @ w.T).unflatten(2, (n_heads, width)).transpose(1, 2)  # (B, H, T, d)
        for w in (wq, wk, wv)
    )
    scores = q @ k.transpose(2, 3) / math.sqrt(width)  # (B, H, T, T)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)

    heads = torch.softmax(scores, dim=3) @ v  # (B, H, T, d)
    return heads.transpose(1, 2).flatten(2) @ wo.T
