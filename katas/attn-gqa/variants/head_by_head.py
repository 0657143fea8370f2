import torch


def gqa(q, k, v, mask=None):
    if q.shape[1] % k.shape[1] != 0:
        raise ValueError("the heads of keys must divide those of queries")
    group = q.shape[1] // k.shape[1]
    outputs = []
    for head in range(q.shape[1]):
        keys, values = k[:, head // group], v[:, head // group]
        scores = torch.bmm(q[:, head], keys.mT) / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores + torch.zeros(mask.shape, dtype=q.dtype).masked_fill(~mask, -torch.inf)
        outputs.append(torch.bmm(scores.softmax(dim=-1), values))
    return torch.stack(outputs, dim=1)
