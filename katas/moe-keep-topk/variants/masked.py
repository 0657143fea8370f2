import torch


def keep_top_k(logits, k):
    drop = torch.ones_like(logits, dtype=torch.bool)
    drop.scatter_(1, logits.argsort(dim=1, descending=True, stable=True)[:, :k], False)
    return logits.masked_fill(drop, float("-inf"))


def sparse_gates(logits, k):
    kept = keep_top_k(logits, k)
    return (kept - kept.logsumexp(dim=1, keepdim=True)).exp()
