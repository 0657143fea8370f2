"""The router z-loss: keeps the logits of a router small, so that rounding cannot change its choice.

    L_z = 1/T sum_t (log sum_j exp x_tj)^2      Zoph et al. 2022, equation 5

T is the number of tokens that count, E that of experts. The factor in front (0.001 in the paper) is left out.
"""

import torch


def router_z_loss(logits: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Return the mean squared logsumexp of the logits (..., E) of all tokens that the mask (...) keeps."""
    # Half precision is what the loss protects against, so it is not computed in it.
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()

    # Choose tokens before any arithmetic: what stands in the padding must not matter, not even NaN.
    tokens = logits.reshape(-1, logits.shape[-1]) if mask is None else logits[mask]  # (T, E)

    # One number for each token: the log of the softmax's normaliser.
    z = torch.logsumexp(tokens, dim=-1)  # (T,)

    # The mean over no token at all would be 0 / 0.
    return z.square().sum() / max(len(z), 1)
