"""The shrinking batch problem, and combining the tokens of several devices against it.

    an expert's batch = k b d / n      for b tokens on each of d devices, k of n experts for each

Shazeer et al. 2017, section 3.1. T_r is the number of tokens of shard r, D their width.
"""

from collections.abc import Callable, Sequence

import torch


def expert_batch(tokens: int, k: int, n_experts: int, devices: int = 1) -> float:
    """Return how many tokens an expert gets on average."""
    return k * tokens * devices / n_experts


def combined_forward(
    shards: Sequence[torch.Tensor],
    weights: Sequence[torch.Tensor],
    idx: Sequence[torch.Tensor],
    experts: Sequence[Callable[[torch.Tensor], torch.Tensor]],
) -> list[torch.Tensor]:
    """Return each shard's outputs (T_r, D'), every expert called once for all shards."""
    # One batch of all; how long each part is, is all that has to be remembered.
    lengths = [len(shard) for shard in shards]
    x, gates, chosen = torch.cat(list(shards)), torch.cat(list(weights)), torch.cat(list(idx))

    y = None
    for number in chosen.unique().tolist():  # those that somebody chose
        rows, choice = (chosen == number).nonzero(as_tuple=True)  # of all shards
        result = experts[number](x[rows]) * gates[rows, choice].unsqueeze(1)  # (m, D')
        y = result.new_zeros(len(x), result.shape[1]) if y is None else y
        y = y.index_add(0, rows, result)
    return list(y.split(lengths))
