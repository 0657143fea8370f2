"""Dispatch and combine: tokens travel to their experts in blocks, and their results travel back.

    y_t = sum_j w_tj E_{idx_tj}(x_t)      Shazeer et al. 2017, equation 1

T is the number of tokens, k the number of choices of each, D their width. Choice c = t k + j is the jth of
token t.
"""

import torch


def dispatch(
    x: torch.Tensor, idx: torch.Tensor, n_experts: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return a copy of its token for each choice, grouped by expert; the choices' order; counts by expert."""
    choices = idx.reshape(-1)  # (T, k) -> (T*k,): the expert of each choice

    # Sorting by expert brings the rows of an expert together.
    order = torch.argsort(choices, stable=True)  # (T*k,)

    # k choices in a row belong to the same token.
    xs = x[order // idx.shape[1]]  # (T*k, D)

    # Without a minimum length the counts would end at the last expert that was chosen.
    counts = torch.bincount(choices, minlength=n_experts)  # (E,)
    return xs, order, counts


def combine(ys: torch.Tensor, order: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the weighted sum (T, D') of each token's k results."""
    tokens, k = weights.shape

    # The weights stand in the order of the choices, the results in that of the experts.
    weighed = ys * weights.reshape(-1)[order].unsqueeze(1)  # (T*k, D')

    # Add each row to its token; index_add counts a token that occurs k times k times.
    y = torch.zeros(tokens, ys.shape[1], dtype=ys.dtype, device=ys.device)
    return y.index_add(0, order // k, weighed)
