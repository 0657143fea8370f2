import torch


def position_in_group(group, n_groups):
    order = torch.argsort(group, stable=True)
    counts = torch.bincount(group, minlength=n_groups)
    starts = counts.cumsum(0) - counts
    inside = torch.arange(len(group)) - starts[group[order]]
    return torch.empty_like(group).scatter(0, order, inside)
