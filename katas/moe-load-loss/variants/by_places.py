import math

import torch
from torch import nn


def load_loss(x, w_gate, w_noise, noise, k, weight=1.0):
    clean, raw = (x @ torch.cat([w_gate, w_noise], dim=1)).chunk(2, dim=1)
    std = nn.Softplus()(raw)
    ordered, places = (clean + noise * std).sort(dim=1, descending=True)
    if k == ordered.shape[1]:
        return (clean * 0).sum()
    chosen = torch.zeros_like(clean).scatter(1, places[:, :k], 1.0).bool()
    limit = torch.where(chosen, ordered[:, [k]], ordered[:, [k - 1]])
    load = torch.erfc((limit - clean) / std / math.sqrt(2)).sum(dim=0) / 2
    mean = load.sum() / len(load)
    return weight * ((load * load).mean() - mean * mean) / (mean * mean + 1e-10)
