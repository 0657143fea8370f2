import torch
from torch import nn


def noisy_top_k_gating(x, w_gate, w_noise, k, noise=None, train=True):
    clean, raw = (x @ torch.cat([w_gate, w_noise], dim=1)).chunk(2, dim=1)
    if train and noise is None:
        # expert by expert: another order of draws
        noise = torch.stack([torch.randn(len(x), dtype=x.dtype) for _ in range(w_gate.shape[1])], dim=1)
    noisy = clean + noise * nn.Softplus()(raw) if train else clean
    drop = torch.ones_like(noisy, dtype=torch.bool).scatter(1, noisy.topk(k, dim=1).indices, False)
    return noisy.masked_fill(drop, float("-inf")).softmax(dim=1)
