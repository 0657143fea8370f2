import torch


def importance_loss(gates, weight=1.0):
    total = torch.ones(len(gates), dtype=gates.dtype) @ gates  # (E,)
    return weight * torch.var(total, unbiased=False) / (total.mean() ** 2 + 1e-10)
