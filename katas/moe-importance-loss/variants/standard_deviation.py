import torch


def importance_loss(gates, weight=1.0):
    importance = torch.einsum("te->e", gates)
    mean = importance.sum() / importance.numel()
    spread = torch.stack([(one - mean) ** 2 for one in importance]).sum() / importance.numel()
    return spread / (mean * mean + 1e-10) * weight
