"""Group relative policy optimisation: an answer is good if it is better than its group.

    A_i = (R_i - mean) / (std + 1e-4) in each group
    L = - mean_i mean_t [ min(r A, clip(r) A) - beta K ],  K = exp(d) - d - 1,  d = log ref - log pi

Shao et al. 2024, equations 3 and 4. N answers of T tokens.
"""

import torch


def grpo_loss(
    logp: torch.Tensor,
    old_logp: torch.Tensor,
    ref_logp: torch.Tensor,
    rewards: torch.Tensor,
    mask: torch.Tensor,
    group_size: int,
    clip: float = 0.2,
    beta: float = 0.04,
) -> torch.Tensor:
    """Return the loss of N answers (N, T), of which group_size neighbours answer one question."""
    groups = rewards.detach().reshape(-1, group_size)
    centred = groups - groups.mean(dim=1, keepdim=True)
    spread = centred.square().mean(dim=1, keepdim=True).sqrt()
    advantage = (centred / (spread + 1e-4)).reshape(-1, 1)  # (N, 1)

    ratio = torch.exp((logp - old_logp.detach()).masked_fill(~mask, 0.0))
    bound = torch.minimum(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)
    gap = (ref_logp.detach() - logp).masked_fill(~mask, 0.0)
    objective = bound - beta * (torch.exp(gap) - gap - 1)

    of_answer = objective.masked_fill(~mask, 0.0).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
    return -of_answer.mean()
