"""Query heads stand in groups beside their key head; scores, mask and softmax are written out."""

import math

import torch


def decoder_block(x, w, n_heads, n_kv_heads, positions, eps=1e-5, base=10000.0):
    def norm(stream, weight):
        return weight * stream / torch.sqrt((stream * stream).sum(-1, keepdim=True) / stream.shape[-1] + eps)

    tokens, width = x.shape[1], len(w["wq"]) // n_heads
    group = n_heads // n_kv_heads
    speeds = torch.tensor([base ** (-2 * i / width) for i in range(width // 2)], dtype=torch.float64)
    angles = torch.outer(positions.double(), speeds)  # (T, K/2)
    turns = torch.polar(torch.ones_like(angles), angles)

    def rotated(points):  # (B, T, ..., K)
        first, second = points.double().chunk(2, -1)
        shape = (tokens, *[1] * (points.dim() - 3), width // 2)
        moved = torch.complex(first, second) * turns.view(shape)
        return torch.cat((moved.real, moved.imag), -1).to(points.dtype)

    n = norm(x, w["attn_norm"])
    q = rotated(torch.einsum("btd,gjkd->btgjk", n, w["wq"].view(n_kv_heads, group, width, -1)))
    k = rotated(torch.einsum("btd,gkd->btgk", n, w["wk"].view(n_kv_heads, width, -1)))
    v = torch.einsum("btd,gkd->btgk", n, w["wv"].view(n_kv_heads, width, -1))
    scores = torch.einsum("btgjk,bsgk->bgjts", q, k) / math.sqrt(width)
    later = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
    shares = scores.masked_fill(later, -math.inf).softmax(-1)
    x = x + torch.einsum("bgjts,bsgk,dgjk->btd", shares, v, w["wo"].view(-1, n_kv_heads, group, width))
    n = norm(x, w["ffn_norm"])
    gate = n @ w["w_gate"].T
    return x + (gate * torch.sigmoid(gate) * (n @ w["w_up"].T)) @ w["w_down"].T
