"""Noisy top-k gating: in training each logit is disturbed before the k largest are kept.

    G(x)   = Softmax(KeepTopK(H(x), k))
    H(x)_i = (x W_g)_i + eps_i softplus((x W_noise)_i)      eps_i ~ N(0, 1)

Shazeer et al. 2017, equations 3-5. T is the number of tokens, D their width, E the number of experts.
"""

import torch
from torch.nn import functional


def noisy_top_k_gating(
    x: torch.Tensor,
    w_gate: torch.Tensor,
    w_noise: torch.Tensor,
    k: int,
    noise: torch.Tensor | None = None,
    train: bool = True,
) -> torch.Tensor:
    """Return the gates (T, E) of the tokens x (T, D)."""
    logits = x @ w_gate  # (T, E)

    # Only training explores. How far is learned, for each token and each expert.
    if train:
        if noise is None:
            noise = torch.randn_like(logits)
        logits = logits + noise * functional.softplus(x @ w_noise)

    # Exactly k places of each row are kept; exp(-inf) = 0 makes the rest of the gates 0.
    values, places = torch.topk(logits, k)  # both (T, k)
    kept = torch.full_like(logits, -torch.inf).scatter(1, places, values)
    return torch.softmax(kept, dim=1)
