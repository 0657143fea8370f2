"""The loss of a diffusion model: which noise was added?

    x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps      L = mean (eps - model(x_t, t))^2

Ho et al. 2020, equations 4 and 14. B is the number of pictures, S that of steps.
"""

from collections.abc import Callable

import torch


def q_sample(x0: torch.Tensor, t: torch.Tensor, noise: torch.Tensor, alpha_bar: torch.Tensor) -> torch.Tensor:
    """Return the pictures x0 (B, ...) after the steps t (B,)."""
    share = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))  # (B, 1, ...)
    return share.sqrt() * x0 + (1 - share).sqrt() * noise


def ddpm_loss(
    model: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x0: torch.Tensor,
    t: torch.Tensor,
    noise: torch.Tensor,
    alpha_bar: torch.Tensor,
) -> torch.Tensor:
    """Return the mean squared error of the noise that the model sees in the noised pictures."""
    seen = model(q_sample(x0, t, noise, alpha_bar), t)
    return (noise - seen).square().mean()
