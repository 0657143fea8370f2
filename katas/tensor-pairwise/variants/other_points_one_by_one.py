import torch


def pairwise_sqdist(x, y):
    return torch.stack([((x - point) ** 2).sum(1) for point in y], dim=1)
