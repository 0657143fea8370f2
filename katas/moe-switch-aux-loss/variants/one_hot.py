import torch
from torch.nn import functional


def load_balancing_loss(logits, idx, mask=None):
    tokens, experts = logits.shape
    wide = logits if logits.dtype == torch.float64 else logits.float()
    kept = torch.ones(tokens, 1) if mask is None else mask.unsqueeze(1)
    kept = kept.to(wide.dtype)
    many = kept.sum().clamp(min=1)
    sent = functional.one_hot(idx, experts).sum(dim=1).to(wide.dtype)
    f = (sent * kept).sum(dim=0) / many / idx.shape[1]
    p = (wide.softmax(dim=1) * kept).sum(dim=0) / many
    return experts * torch.dot(f, p)
