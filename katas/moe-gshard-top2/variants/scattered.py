import torch
from torch.nn import functional


def gshard_top2(logits, capacity, u):
    tokens, experts = logits.shape
    top, chosen = logits.topk(2, dim=1)
    pair = top.softmax(dim=1)  # the softmax of two logits is the normalised pair
    active = torch.ones(tokens, 2, dtype=torch.bool)
    active[:, 1] = 2 * pair[:, 1] > u
    flat, on = chosen.T.reshape(-1), active.T.reshape(-1)
    marks = functional.one_hot(flat, experts) * on.unsqueeze(1)
    place = (marks.cumsum(0) * marks).sum(1) - 1
    keep = on & (place < capacity)
    rows = torch.arange(tokens).repeat(2)
    combine = torch.zeros(tokens, experts, capacity, dtype=logits.dtype)
    combine = combine.index_put((rows[keep], flat[keep], place[keep]), pair.T.reshape(-1)[keep])
    gates = torch.exp(logits - logits.logsumexp(dim=1, keepdim=True))
    first = functional.one_hot(chosen[:, 0], experts).to(gates.dtype)
    if tokens == 0:
        return combine, gates.sum()
    return combine, (first.mean(dim=0) * gates.mean(dim=0)).mean()
