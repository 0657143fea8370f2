import torch
from torch.nn import functional


def lm_loss(logits, tokens, loss_mask):
    wide = logits if logits.dtype == torch.float64 else logits.float()
    targets = tokens[:, 1:].masked_fill(~loss_mask[:, 1:], -100).reshape(-1)
    flat = wide[:, :-1].reshape(-1, wide.shape[2])
    total = functional.cross_entropy(flat, targets, ignore_index=-100, reduction="sum")
    return total / max(1, int((targets != -100).sum()))
