"""Scaled dot-product attention: each query gets the average of the values, weighed by how its keys fit.

    Attention(Q, K, V) = softmax(Q K^T / sqrt(D)) V      Vaswani et al. 2017, equation 1

L is the number of queries, S that of keys, D their width, Dv that of the values.
"""

import math

import torch


def attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the attention output (..., L, Dv)."""
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (..., L, S)
    if mask is None:
        return torch.softmax(scores, dim=-1) @ v

    # exp(-inf) = 0. A row of nothing but -inf would be 0 / 0, so a query that sees nothing keeps its scores
    sees = mask.any(dim=-1, keepdim=True)  # (..., L, 1)
    weights = torch.softmax(scores.masked_fill(~mask & sees, -torch.inf), dim=-1)

    # and loses its weights after that.
    return weights.masked_fill(~sees, 0.0) @ v
