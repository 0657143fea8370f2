import torch
from torch.nn import functional


def permute(x, idx, n_experts, block):
    tokens, k = idx.shape
    flat = idx.reshape(-1)
    member = functional.one_hot(flat, n_experts)
    inside = ((member.cumsum(0) - 1) * member).sum(1)
    counts = member.sum(0)
    sizes = torch.ceil(counts / block).long() * block
    offsets = functional.pad(sizes.cumsum(0), (1, 0))
    slots = offsets[flat] + inside
    row_of_slot = torch.full((int(offsets[-1]),), -1, dtype=torch.int64)
    row_of_slot[slots] = torch.arange(tokens * k)
    padded = torch.cat([x, x.new_zeros(1, x.shape[1])])
    source = torch.where(row_of_slot < 0, tokens, row_of_slot // k)
    return padded[source], row_of_slot, offsets


def unpermute(ys, row_of_slot, weights):
    keep = row_of_slot >= 0
    rows, choice = ys[keep], row_of_slot[keep]
    out = ys.new_zeros(weights.shape[0], ys.shape[1])
    at = torch.div(choice, weights.shape[1], rounding_mode="floor")
    return out.index_put((at,), rows * weights.flatten()[choice, None], accumulate=True)
