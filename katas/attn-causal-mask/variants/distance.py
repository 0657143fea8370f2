import torch


def causal_mask(q_len, kv_len, device=None):
    behind = torch.arange(q_len - 1, -1, -1, device=device)[:, None]
    left = torch.arange(kv_len - 1, -1, -1, device=device)[None, :]
    return left >= behind
