import torch


def mask_of(x, m):
    rank = x.argsort(dim=0, descending=True).argsort(dim=0)
    return rank < m


def gates(x, mask):
    kept = x.masked_fill(~mask, 0.0)
    total = kept.sum(dim=-1, keepdim=True)
    nobody = ~mask.any(dim=-1, keepdim=True)
    return kept / total.masked_fill(nobody, 1.0)


def batchwise_gates(x, m):
    return gates(x, mask_of(x, m))


def threshold_gates(x, thresholds):
    return gates(x, torch.gt(x, thresholds.unsqueeze(0)))


def threshold_loss(x, thresholds, m):
    gap = x - thresholds
    too_much = (gap > 0) & ~mask_of(x, m)
    too_little = (gap <= 0) & mask_of(x, m)
    return gap[too_much].sum() - gap[too_little].sum()
