import torch


def hierarchical_gates(primary, secondary):
    return secondary * primary[:, :, None]


def importance_h(primary, secondary):
    return torch.stack([primary[:, i] @ secondary[:, i] for i in range(primary.shape[1])])


def load_h(primary, load_primary, p_secondary):
    outside = primary == 0
    chances = p_secondary.masked_fill(outside[:, :, None], 0.0)
    count = (~outside).sum(dim=0)
    share = load_primary.masked_fill(count == 0, 0.0) / count.where(count > 0, count + 1)
    return share[:, None] * chances.sum(dim=0)
