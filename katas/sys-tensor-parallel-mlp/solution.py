"""An MLP whose hidden axis is cut: each rank has a summand of the output.

    y = sum_r GELU(x W1_r^T) W2_r^T + b2

Shoeybi et al. 2019, section 3. R ranks, width D, F_r hidden numbers on rank r.
"""

from collections.abc import Callable

import torch
from torch.nn import functional


def tp_mlp(
    x: torch.Tensor,
    w1: list[torch.Tensor],
    w2: list[torch.Tensor],
    b2: torch.Tensor,
    all_reduce: Callable[[list[torch.Tensor]], list[torch.Tensor]],
) -> list[torch.Tensor]:
    """Return the output (..., D) on each of R ranks for x (..., D)."""
    parts = []
    for rows, columns in zip(w1, w2, strict=True):  # on each rank
        hidden = functional.gelu(x @ rows.T)  # (..., F_r)
        parts.append(hidden @ columns.T)  # (..., D), a summand
    return [total + b2 for total in all_reduce(parts)]
