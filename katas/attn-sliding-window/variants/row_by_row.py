import torch


def sliding_window_mask(q_len, kv_len, window):
    if window < 1:
        raise ValueError(window)
    mask = torch.zeros(q_len, kv_len, dtype=torch.bool)
    for row in range(q_len):
        last = row + kv_len - q_len
        mask[row, max(0, last - window + 1) : max(0, last + 1)] = True
    return mask
