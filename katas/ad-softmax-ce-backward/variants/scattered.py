import torch


def softmax_ce_backward(logits, targets):
    n = logits.size(0)
    probabilities = (logits - torch.logsumexp(logits, dim=1, keepdim=True)).exp()
    ones = torch.full((n, 1), -1.0, dtype=logits.dtype)
    return probabilities.scatter_add(1, targets[:, None], ones).div(n)
