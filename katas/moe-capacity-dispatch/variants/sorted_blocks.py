import torch


def capacity_dispatch(idx, n_experts, capacity):
    tokens, k = idx.shape
    flat = idx.t().flatten()
    order = flat.argsort(stable=True)
    sizes = flat.bincount(minlength=n_experts)
    start = torch.cat([torch.zeros(1, dtype=torch.int64), sizes.cumsum(0)[:-1]])
    position = torch.empty(tokens * k, dtype=torch.int64)
    position[order] = torch.arange(tokens * k) - start[flat[order]]
    position = position.reshape(k, tokens).t().contiguous()
    return position, capacity > position
