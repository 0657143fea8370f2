import torch


def pairwise_sqdist(x, y):
    return torch.stack([((y - point) ** 2).sum(1) for point in x])
