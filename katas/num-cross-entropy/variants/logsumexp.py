import torch


def cross_entropy(logits, targets, ignore_index=-100, label_smoothing=0.0):
    keep = (targets != ignore_index).to(logits.dtype)
    safe = torch.where(targets == ignore_index, torch.zeros_like(targets), targets)
    total = torch.logsumexp(logits, dim=1)
    chosen = torch.take_along_dim(logits, safe[:, None], dim=1)[:, 0]
    row = total - (1 - label_smoothing) * chosen - label_smoothing * logits.mean(dim=1)
    return (row * keep).sum() / torch.maximum(keep.sum(), torch.ones_like(keep.sum()))
