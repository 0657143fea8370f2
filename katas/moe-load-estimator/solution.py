"""The smooth load estimator: how many tokens each expert may expect, as a number with a gradient.

    P(x, i)   = Phi((c_i - kth_excluding(H, k, i)) / s_i)
    Load(X)_i = sum over x of P(x, i)

Shazeer et al. 2017, appendix A, equations 8-10. T is the number of tokens, E that of experts.
"""

import torch


def expected_load(clean: torch.Tensor, noisy: torch.Tensor, noise_std: torch.Tensor, k: int) -> torch.Tensor:
    """Return the load (E,) of clean logits, noisy logits and noise strengths, all (T, E)."""
    # With as many places as experts nobody can be left out, whatever is drawn.
    if k == clean.shape[1]:
        return torch.ones_like(clean).sum(dim=0)

    # The limit that a new draw must beat. Take an expert away from the k largest, and the one behind moves
    # up: it is the kth of the others. Take away any other, and the kth stays what it is.
    best = torch.topk(noisy, k + 1).values  # (T, k + 1)
    kth, behind = best[:, k - 1 : k], best[:, k:]  # both (T, 1)
    limit = torch.where(noisy >= kth, behind, kth)  # (T, E)

    # The chance that clean + new noise lies above it.
    chance = torch.special.ndtr((clean - limit) / noise_std)
    return chance.sum(dim=0)
