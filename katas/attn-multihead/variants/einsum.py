import torch


def multi_head_attention(x, wq, wk, wv, wo, n_heads, mask=None):
    b, t, d = x.shape
    if d % n_heads != 0:
        raise ValueError(f"cannot cut {d} features into {n_heads} heads")
    projected = torch.nn.functional.linear(x, torch.cat([wq, wk, wv]))
    q, k, v = projected.reshape(b, t, 3, n_heads, d // n_heads).unbind(2)
    scores = torch.einsum("bthd,bshd->bhts", q, k) / (d / n_heads) ** 0.5
    if mask is not None:
        scores = scores + torch.zeros(t, t, dtype=x.dtype).masked_fill(~mask, -torch.inf)
    return torch.einsum("bhts,bshd->bthd", scores.softmax(-1), v).reshape(b, t, d) @ wo.T
