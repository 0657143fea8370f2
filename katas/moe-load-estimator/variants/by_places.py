import math

import torch


def expected_load(clean, noisy, noise_std, k):
    if k == noisy.shape[1]:
        return clean.new_ones(clean.shape).sum(0)
    ordered, places = noisy.sort(dim=1, descending=True)
    chosen = torch.zeros_like(noisy, dtype=torch.bool).scatter(1, places[:, :k], True)
    limit = torch.where(chosen, ordered[:, k, None], ordered[:, k - 1, None])
    z = (clean - limit) / noise_std
    return (0.5 * torch.erfc(-z / math.sqrt(2))).sum(dim=0)
