"""Expert capacity: which place in its expert's buffer each choice gets, and whether there is one.

    pos_tj  = number of choices of the same expert that are counted before (t, j)
    keep_tj = pos_tj < C

First choices of all tokens are counted before any second choice (Lepikhin et al. 2020, algorithm 1). T is the
number of tokens, k the number of choices of each.
"""

import torch
from torch.nn import functional


def capacity_dispatch(idx: torch.Tensor, n_experts: int, capacity: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the position and whether it is kept, both (T, k), of each choice idx (T, k)."""
    tokens, k = idx.shape

    # Choice by choice, not token by token: (k, T) laid out in a row has all first choices in front.
    choices = idx.T.reshape(-1)  # (k*T,)

    # A running count for each expert, without the choice itself. Integers stay exact.
    chosen = functional.one_hot(choices, n_experts)  # (k*T, E)
    before = chosen.cumsum(dim=0) - chosen
    position = before.gather(1, choices.unsqueeze(1))  # (k*T, 1)

    # Back to a row for each token; the last place of a buffer is C - 1.
    position = position.reshape(k, tokens).T  # (T, k)
    return position, position < capacity
