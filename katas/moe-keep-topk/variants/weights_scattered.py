import torch


def places(logits, k):
    return torch.topk(logits, k, dim=1, sorted=False).indices


def keep_top_k(logits, k):
    at = places(logits, k)
    rows = torch.arange(len(logits)).unsqueeze(1).expand_as(at)
    result = torch.full(logits.shape, -torch.inf, dtype=logits.dtype)
    return result.index_put((rows, at), logits.gather(1, at))


def sparse_gates(logits, k):
    at = places(logits, k)
    weights = logits.gather(1, at).softmax(dim=1)
    return torch.zeros_like(logits).scatter(1, at, weights)
