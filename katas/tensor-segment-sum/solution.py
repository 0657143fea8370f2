"""Segment sum: the sum of the rows of each group.

    out_s = sum of x_i over all i with seg_i = s

N is the number of rows, D their width, n the number of segments.
"""

import torch


def segment_sum(x: torch.Tensor, seg: torch.Tensor, n: int) -> torch.Tensor:
    """Return the sums (n, D) of the rows x (N, D) with equal numbers in seg (N,)."""
    # A segment without rows keeps its zeros.
    out = torch.zeros(n, x.shape[1], dtype=x.dtype, device=x.device)

    # index_add adds every row, however many go to the same place; out[seg] += x would add one of them.
    return out.index_add(0, seg, x)
