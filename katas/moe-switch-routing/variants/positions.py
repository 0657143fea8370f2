import math

import torch
from torch.nn import functional


def switch_layer(x, logits, experts, capacity_factor=1.25):
    tokens, n = logits.shape
    capacity = math.ceil(tokens * capacity_factor / n)
    p = logits.softmax(dim=-1)
    choice = p.argmax(dim=-1)
    mine = functional.one_hot(choice, n)
    place = ((mine.cumsum(dim=0) - 1) * mine).sum(dim=1)
    keep = place < capacity
    pieces, at = [], []
    for i, expert in enumerate(experts):
        rows = torch.where(keep & (choice == i))[0]
        if rows.numel() > 0:
            pieces.append(p[rows, i, None] * expert(x[rows]))
            at.append(rows)
    y = x.new_zeros(x.shape)
    if at:
        y = y.index_copy(0, torch.cat(at), torch.cat(pieces))
    return y, ~keep
