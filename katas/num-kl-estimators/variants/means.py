import torch


def kl_estimates(logq, logp):
    difference = logq - logp
    if difference.numel() == 0:
        return difference.sum(), difference.sum(), difference.sum()
    k3 = torch.special.expm1(-difference) + difference
    return difference.mean(), 0.5 * difference.pow(2).mean(), k3.mean()
