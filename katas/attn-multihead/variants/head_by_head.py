import torch


def multi_head_attention(x, wq, wk, wv, wo, n_heads, mask=None):
    if x.size(-1) % n_heads:
        raise ValueError("the heads must divide the width")
    heads = []
    for q, k, v in zip(*(torch.chunk(x @ w.T, n_heads, dim=-1) for w in (wq, wk, wv)), strict=True):
        scores = q @ k.mT * q.size(-1) ** -0.5
        if mask is not None:
            scores = torch.where(mask, scores, scores.new_tensor(-1e30))
        heads.append(scores.softmax(-1) @ v)
    return torch.cat(heads, dim=-1) @ wo.T
