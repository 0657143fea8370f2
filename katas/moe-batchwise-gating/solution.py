"""Strictly balanced gating: each expert keeps its m best tokens of a batch, or those above its threshold.

    G(x_j)_i = X_ji M_ji / sum_l X_jl M_jl      L = sum_ji (M_thr - M_batch)_ji (X_ji - t_i)

Shazeer et al. 2017, appendix F, equations 15-20. T is the number of tokens, n that of experts; X are softmax
gates of a batch.
"""

import torch


def batchwise_gates(x: torch.Tensor, m: int) -> torch.Tensor:
    """Return the gates (T, n) in which each expert keeps its m largest entries of x (T, n)."""
    return _normalised(x, _batchwise_mask(x, m))


def threshold_gates(x: torch.Tensor, thresholds: torch.Tensor) -> torch.Tensor:
    """Return the gates (T, n) in which each expert keeps the entries of x (T, n) above its threshold (n,)."""
    return _normalised(x, x > thresholds)


def threshold_loss(x: torch.Tensor, thresholds: torch.Tensor, m: int) -> torch.Tensor:
    """Return the loss that brings the thresholds (n,) to where they keep what the batch keeps."""
    # 1 where the threshold keeps too much, -1 where it keeps too little: a constant.
    disagreement = (x > thresholds).to(x.dtype) - _batchwise_mask(x, m).to(x.dtype)
    return (disagreement * (x - thresholds)).sum()


def _batchwise_mask(x: torch.Tensor, m: int) -> torch.Tensor:
    """Return which entries are among the m largest of their column: it is the expert that compares tokens."""
    places = torch.topk(x, m, dim=0).indices  # (m, n)
    return torch.zeros_like(x, dtype=torch.bool).scatter(0, places, True)


def _normalised(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return what the mask keeps, each row divided by its sum; a row without anything stays 0."""
    kept = x.masked_fill(~mask, 0.0)
    total = kept.sum(dim=1, keepdim=True)
    return kept / torch.where(total > 0, total, torch.ones_like(total))
