import torch


@torch.no_grad()
def update_bias(bias, idx, gamma=0.001):
    share = idx.numel() / len(bias)
    for expert in range(len(bias)):
        load = int((idx == expert).sum())
        if load > share:
            bias[expert] -= gamma
        elif load < share:
            bias[expert] += gamma
