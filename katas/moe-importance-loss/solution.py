"""The importance loss: zero when all experts get the same weight in a batch.

    Importance(X) = sum over x of G(x)      L = w CV(Importance(X))^2      CV = sigma / mu

Shazeer et al. 2017, section 4, equations 6 and 7; the population variance and the small term in the
denominator are those of the authors' code. T is the number of tokens, E that of experts.
"""

import torch


def importance_loss(gates: torch.Tensor, weight: float = 1.0) -> torch.Tensor:
    """Return the loss of the gate values (T, E) of a batch."""
    # How much of all tokens each expert gets.
    importance = gates.sum(dim=0)  # (T, E) -> (E,)

    # How unequal that is, whatever the number of tokens: a variance in units of the squared mean.
    mean = importance.mean()
    variance = (importance - mean).square().mean()
    return weight * variance / (mean.square() + 1e-10)
