"""The maximum and the sum of a softmax, kept while the logits come in blocks.

    m = max(m1, m2)      l = l1 exp(m1 - m) + l2 exp(m2 - m)

Milakov & Gimelshein 2018, equation 4.
"""

from collections.abc import Iterable

import torch


def merge_stats(
    m1: torch.Tensor, l1: torch.Tensor, m2: torch.Tensor, l2: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the maximum and the sum (...) of two parts together."""
    m = torch.maximum(m1, m2)
    base = _finite(m)
    return m, l1 * torch.exp(m1 - base) + l2 * torch.exp(m2 - base)


def online_stats(blocks: Iterable[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the maximum and the sum (...) of the logits in all blocks (..., S_j)."""
    so_far = None
    for block in blocks:
        m = block.amax(dim=-1)
        stats = m, torch.exp(block - _finite(m).unsqueeze(-1)).sum(dim=-1)
        so_far = stats if so_far is None else merge_stats(*so_far, *stats)
    return so_far


def _finite(m: torch.Tensor) -> torch.Tensor:
    """Return what to subtract: where nothing is seen 0, since exp(-inf - 0) is 0 and exp(-inf + inf) NaN."""
    return m.masked_fill(m == -torch.inf, 0.0)
