"""One head after the other, each adding its own part of wo to the stream."""

import torch
from torch.nn import functional


def decoder_block(x, w, n_heads, n_kv_heads, positions, eps=1e-5, base=10000.0):
    width, stream = w["wq"].shape[0] // n_heads, x
    exponents = torch.arange(width, dtype=x.dtype) % (width // 2) * 2 / width
    angles = positions[:, None] / base**exponents  # (T, K)
    cos, sin = angles.cos(), angles.sin()

    def head(matrix, number, turned=True):
        part = functional.linear(n, matrix[number * width : (number + 1) * width])  # (B, T, K)
        if not turned:
            return part
        front, back = part.split(width // 2, dim=-1)
        return part * cos + torch.cat((-back, front), dim=-1) * sin

    n = functional.rms_norm(x, x.shape[-1:], w["attn_norm"], eps)
    for number in range(n_heads):
        shared = number // (n_heads // n_kv_heads)
        keys, values = head(w["wk"], shared), head(w["wv"], shared, turned=False)
        seen = functional.scaled_dot_product_attention(head(w["wq"], number), keys, values, is_causal=True)
        stream = stream + functional.linear(seen, w["wo"][:, number * width : (number + 1) * width])
    n = functional.rms_norm(stream, x.shape[-1:], w["ffn_norm"], eps)
    inner = functional.silu(functional.linear(n, w["w_gate"])) * functional.linear(n, w["w_up"])
    return torch.add(stream, functional.linear(inner, w["w_down"]))
