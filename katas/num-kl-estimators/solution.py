"""Three estimators of KL(q || p) from samples of q.

    k1 = -ln r      k2 = (ln r)^2 / 2      k3 = (r - 1) - ln r      r = p(x) / q(x)

Schulman 2020. N is the number of samples.
"""

import torch


def kl_estimates(logq: torch.Tensor, logp: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the means of k1, k2 and k3 over samples of q, given their log-probabilities (N,)."""
    log_r = logp - logq  # reference over policy
    count = max(len(log_r), 1)

    k1 = -log_r.sum() / count
    k2 = log_r.square().sum() / (2 * count)

    # Near 0 both r - 1 and ln r are small and nearly equal: expm1 keeps the digits that exp loses.
    k3 = (torch.expm1(log_r) - log_r).sum() / count
    return k1, k2, k3
