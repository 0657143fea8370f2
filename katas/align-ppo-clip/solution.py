"""The clipped loss of PPO: no reward for going further than the clip range.

    L = - mean min(r A, clip(r, 1 - eps, 1 + eps) A)      r = exp(logp - old_logp)

Schulman et al. 2017, equation 7. B is the number of sequences, T their length.
"""

import torch


def ppo_clip_loss(
    logp: torch.Tensor,
    old_logp: torch.Tensor,
    adv: torch.Tensor,
    mask: torch.Tensor,
    clip: float = 0.2,
) -> torch.Tensor:
    """Return the mean loss of the tokens (B, T) that the mask (B, T) marks."""
    # Masked tokens have the ratio 1, whatever they hold: their exponential could overflow.
    moved = (logp - old_logp.detach()).masked_fill(~mask, 0.0)
    ratio = torch.exp(moved)
    adv = adv.detach()

    bound = torch.minimum(ratio * adv, ratio.clamp(1 - clip, 1 + clip) * adv)
    return -bound.masked_fill(~mask, 0.0).sum() / mask.sum().clamp(min=1)
