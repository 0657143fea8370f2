"""The load loss: zero when all experts may expect the same number of tokens.

    Load(X)_i = sum over x of Phi((c_i - kth_excluding(H, k, i)) / s_i)      L = w CV(Load(X))^2

Shazeer et al. 2017, appendix A, equations 8-11. T is the number of tokens, D their width, E the number of
experts.
"""

import torch
from torch.nn import functional


def load_loss(
    x: torch.Tensor,
    w_gate: torch.Tensor,
    w_noise: torch.Tensor,
    noise: torch.Tensor,
    k: int,
    weight: float = 1.0,
) -> torch.Tensor:
    """Return the loss of tokens x (T, D) that were routed with this noise (T, E)."""
    clean = x @ w_gate  # (T, E)
    strength = functional.softplus(x @ w_noise)
    noisy = clean + noise * strength

    # With as many places as experts the load is T for each of them, and there is nothing to balance.
    if k == noisy.shape[1]:
        return 0 * clean.sum()

    # What a new draw must beat: the kth of the others, which is the (k + 1)th of all for chosen experts.
    best = torch.topk(noisy, k + 1).values  # (T, k + 1)
    kth, behind = best[:, k - 1 : k], best[:, k:]
    limit = torch.where(noisy >= kth, behind, kth)  # (T, E)
    load = torch.special.ndtr((clean - limit) / strength).sum(dim=0)  # (E,)

    # How unequal the loads are: a variance in units of the squared mean.
    mean = load.mean()
    return weight * (load - mean).square().mean() / (mean.square() + 1e-10)
