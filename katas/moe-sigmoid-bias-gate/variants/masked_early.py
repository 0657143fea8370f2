import torch
from torch.nn import functional


def deepseek_gate(x, w, bias, k, n_groups=1, topk_groups=1, scale=1.0):
    scores = functional.linear(x, w).sigmoid()
    with torch.no_grad():
        choice = scores + bias.unsqueeze(0)
        if n_groups > 1:
            size = len(w) // n_groups
            per_group = (
                choice.view(len(x), n_groups, size).sort(dim=-1, descending=True).values[..., :2].sum(-1)
            )
            keep = torch.zeros_like(per_group).scatter(1, per_group.topk(topk_groups, dim=-1).indices, 1.0)
            choice = choice.where(keep.repeat_interleave(size, dim=1).bool(), torch.tensor(float("-inf")))
        idx = choice.argsort(dim=-1, descending=True)[:, :k]
    picked = torch.take_along_dim(scores, idx, dim=1)
    return picked / picked.sum(-1, keepdim=True) * scale, idx
