import torch
from torch.nn import functional


def dpo_loss(pi_c, pi_r, ref_c, ref_r, beta=0.1):
    with torch.no_grad():
        rewards = beta * (pi_c - ref_c), beta * (pi_r - ref_r)
        reference = ref_c - ref_r
    margin = beta * (pi_c - pi_r - reference)
    if margin.numel() == 0:
        return margin.sum(), *rewards
    return functional.softplus(-margin).mean(), *rewards
