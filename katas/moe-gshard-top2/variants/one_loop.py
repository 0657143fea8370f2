import torch


def gshard_top2(logits, capacity, u):
    s, e = logits.shape
    g = logits.softmax(dim=-1)
    order = g.argsort(dim=-1, descending=True)[:, :2]
    best = g.gather(1, order)
    best = best / best.sum(-1, keepdim=True)
    takes_part = torch.stack([torch.ones(s, dtype=torch.bool), 2 * best[:, 1].detach() > u], dim=1)
    used = [0] * e
    where, what = [], []
    for choice in range(2):
        for token in range(s):
            if not takes_part[token, choice]:
                continue
            expert = int(order[token, choice])
            if used[expert] < capacity:
                where.append((token * e + expert) * capacity + used[expert])
                what.append(best[token, choice])
            used[expert] += 1
    combine = torch.zeros(s * e * capacity, dtype=logits.dtype)
    if what:
        combine = combine.index_put((torch.tensor(where),), torch.stack(what))
    share = torch.bincount(order[:, 0], minlength=e).to(g.dtype) / max(s, 1)
    mean = g.mean(dim=0) if s else g.sum(dim=0)
    return combine.view(s, e, capacity), torch.dot(share, mean) / e
