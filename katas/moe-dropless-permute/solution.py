"""Dropless permutation: each expert's tokens lie together, padded with zeros to a multiple of a block.

    m_e = B ceil(n_e / B)      offsets_e = sum of m_i over i < e

Gale et al. 2022 (MegaBlocks), sections 4 and 5. T is the number of tokens, k the number of choices of each,
D their width, P the number of rows with padding. Choice c = t k + j is the jth of token t.
"""

import torch


def permute(
    x: torch.Tensor, idx: torch.Tensor, n_experts: int, block: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the padded rows (P, D), the choice of each (P,) and where each expert begins (E + 1,)."""
    choices = idx.reshape(-1)  # (T*k,)
    order = torch.argsort(choices, stable=True)  # the choices, expert by expert

    # Where each expert begins, without padding and with it.
    counts = torch.bincount(choices, minlength=n_experts)  # (E,)
    padded = (counts + block - 1) // block * block  # rounded up; nothing stays nothing
    starts = counts.cumsum(0) - counts
    offsets = torch.cat([padded.new_zeros(1), padded.cumsum(0)])  # (E + 1,)

    # A choice keeps its distance from the beginning of its expert.
    experts = choices[order]
    slots = torch.arange(len(order), device=x.device) - starts[experts] + offsets[experts]  # (T*k,)

    rows = int(offsets[-1])
    xp = x.new_zeros(rows, x.shape[1]).index_copy(0, slots, x[order // idx.shape[1]])
    row_of_slot = torch.full((rows,), -1, device=x.device).index_copy(0, slots, order)
    return xp, row_of_slot, offsets


def unpermute(ys: torch.Tensor, row_of_slot: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the weighed sum (T, D') of each token's results among the rows ys (P, D')."""
    tokens, k = weights.shape

    # Padding is taken out before any arithmetic.
    slots = (row_of_slot >= 0).nonzero().squeeze(1)  # (T*k,)
    choices = row_of_slot[slots]

    weighed = ys[slots] * weights.reshape(-1)[choices].unsqueeze(1)  # (T*k, D')
    return ys.new_zeros(tokens, ys.shape[1]).index_add(0, choices // k, weighed)
