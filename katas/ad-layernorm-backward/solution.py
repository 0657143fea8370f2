"""The gradients of layer normalisation, by hand.

    dx = (g - mean(g) - x_hat mean(g x_hat)) / sigma, g = dy w      dw = sum dy x_hat      db = sum dy

From Ba et al. 2016, equation 3, by the chain rule; means are over a row, sums over all rows.
"""

import torch


def layer_norm_backward(
    dy: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, eps: float = 1e-5
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return dx (..., D), dw (D,) and db (D,) for the gradient dy (..., D) of the output."""
    centred = x - x.mean(dim=-1, keepdim=True)
    sigma = (centred.square().mean(dim=-1, keepdim=True) + eps).sqrt()
    x_hat = centred / sigma

    g = dy * weight  # the gradient for x_hat
    along = (g * x_hat).mean(dim=-1, keepdim=True)  # what the division by sigma takes out
    dx = (g - g.mean(dim=-1, keepdim=True) - x_hat * along) / sigma

    width = x.shape[-1]
    return dx, (dy * x_hat).reshape(-1, width).sum(dim=0), dy.reshape(-1, width).sum(dim=0)
