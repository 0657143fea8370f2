import torch


def causal_mask(q_len, kv_len, device=None):
    ones = torch.ones(q_len, kv_len, dtype=torch.bool, device=device)
    return ones.tril(diagonal=kv_len - q_len)
