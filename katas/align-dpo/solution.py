"""The DPO loss: a logistic regression on how much the policy, next to a reference, prefers what was chosen.

    L = -log sigma(r_w - r_l)      r = beta (log pi(y) - log pi_ref(y))

Rafailov et al. 2023, equation 7. B is the number of pairs.
"""

import torch
from torch.nn import functional


def dpo_loss(
    pi_c: torch.Tensor,
    pi_r: torch.Tensor,
    ref_c: torch.Tensor,
    ref_r: torch.Tensor,
    beta: float = 0.1,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the loss and the implicit rewards (B,) of chosen and rejected responses."""
    # The reference is a constant.
    reward_c = beta * (pi_c - ref_c.detach())  # (B,)
    reward_r = beta * (pi_r - ref_r.detach())

    # log(sigmoid(z)) is -inf as soon as sigmoid(z) is 0; logsigmoid is not.
    losses = -functional.logsigmoid(reward_c - reward_r)
    loss = losses.sum() / max(len(losses), 1)

    # Rewards are there to be looked at.
    return loss, reward_c.detach(), reward_r.detach()
