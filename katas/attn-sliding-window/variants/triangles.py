import torch


def sliding_window_mask(q_len, kv_len, window):
    if window <= 0:
        raise ValueError("a window has at least one key")
    ones = torch.ones(q_len, kv_len, dtype=torch.bool)
    shift = kv_len - q_len
    return ones.tril(shift) & ones.triu(shift - window + 1)
