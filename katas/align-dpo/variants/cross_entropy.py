import torch


def dpo_loss(pi_c, pi_r, ref_c, ref_r, beta=0.1):
    policy, reference = torch.stack([pi_c, pi_r], dim=1), torch.stack([ref_c, ref_r], dim=1).detach()
    rewards = (policy - reference) * beta  # (B, 2): a softmax over two is a sigmoid of their difference
    log_odds = rewards.log_softmax(dim=1)[:, 0]
    chosen, rejected = rewards.detach().unbind(dim=1)
    return -log_odds.sum() / max(1, log_odds.numel()), chosen, rejected
