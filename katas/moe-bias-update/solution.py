"""The bias update of balancing without a loss: a fixed step against the load of each expert.

    b_i <- b_i + gamma sign(mean load - load_i)      Wang et al. 2024, algorithm 1

T is the number of tokens, k the number of experts of each, E that of experts.
"""

import torch


def update_bias(bias: torch.Tensor, idx: torch.Tensor, gamma: float = 0.001) -> None:
    """Move the bias (E,) in place, after a step in which the tokens were sent to the experts idx (T, k)."""
    # Experts that nobody chose have the load 0, and count for the mean.
    load = torch.bincount(idx.flatten(), minlength=len(bias)).to(bias.dtype)  # (E,)

    # Only the direction counts: sign is 1 below the mean, -1 above, 0 on it.
    step = gamma * torch.sign(load.mean() - load)

    # No gradient is involved, neither here nor in whatever the bias is used for.
    with torch.no_grad():
        bias.add_(step)
