import torch
from torch.nn import functional


def capacity_dispatch(idx, n_experts, capacity):
    used = torch.zeros(n_experts, dtype=torch.int64)  # by the choices that were counted already
    columns = []
    for choice in range(idx.shape[1]):
        mask = functional.one_hot(idx[:, choice], n_experts)
        places = (mask.cumsum(0) - 1 + used) * mask
        columns.append(places.sum(dim=1))
        used = used + mask.sum(dim=0)
    position = torch.stack(columns, dim=1)
    return position, torch.lt(position, capacity)
