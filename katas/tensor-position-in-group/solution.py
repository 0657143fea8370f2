"""The position of each element among those of its own group.

    pos_i = number of j < i with group_j = group_i

N is the number of elements, G that of groups. The counters of GShard's algorithm 1 (Lepikhin et al. 2020),
for all elements at once.
"""

import torch
from torch.nn import functional


def position_in_group(group: torch.Tensor, n_groups: int) -> torch.Tensor:
    """Return how many elements before each one belong to the same group: (N,) -> (N,), int64."""
    member = functional.one_hot(group, n_groups)  # (N, G), int64, so that counts are exact

    # The running sum counts the element itself, too; taking it off leaves those before it.
    before = member.cumsum(dim=0) - member  # (N, G)

    # Of all the counts, each element wants that of its own group.
    return before.gather(1, group.unsqueeze(1)).squeeze(1)  # (N,)
