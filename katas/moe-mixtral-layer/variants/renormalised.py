import torch
from torch.nn import functional


def moe_forward(x, router, w1, w3, w2, k=2):
    b, s, d = x.shape
    tokens = x.reshape(b * s, d)
    logits = functional.linear(tokens, router)
    wide = logits if logits.dtype == torch.float64 else logits.float()
    chances, chosen = wide.softmax(dim=-1).topk(k, dim=-1)
    weights = (chances / chances.sum(dim=-1, keepdim=True)).to(x.dtype)
    mask = functional.one_hot(chosen, len(router)).permute(2, 1, 0)  # (E, k, N)
    y = torch.zeros_like(tokens)
    for i in range(len(router)):
        place, row = torch.where(mask[i])
        if len(row) == 0:
            continue
        mine = tokens[row]
        inner = functional.silu(functional.linear(mine, w1[i])) * functional.linear(mine, w3[i])
        y = y.index_add(0, row, functional.linear(inner, w2[i]) * weights[row, place, None])
    return y.view(b, s, d)
