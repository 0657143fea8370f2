"""A decoder block of Llama: attention and a gated feed-forward, each added to the stream of vectors.

    h = x + Attention(RMSNorm(x))      y = h + FFN(RMSNorm(h))

Touvron et al. 2023, section 2.2, with the shared key heads of Ainslie et al. 2023. A cache is left out.
B is the batch size, T the number of tokens, D the width of the stream, H the number of heads, K theirs.
"""

import torch
from torch.nn import functional


def decoder_block(
    x: torch.Tensor,
    w: dict[str, torch.Tensor],
    n_heads: int,
    n_kv_heads: int,
    positions: torch.Tensor,
    eps: float = 1e-5,
    base: float = 10000.0,
) -> torch.Tensor:
    """Return the stream (B, T, D) after the block."""
    # The attention branch reads the normed stream.
    n = rms_norm(x, w["attn_norm"], eps)
    q = (n @ w["wq"].T).unflatten(2, (n_heads, -1)).transpose(1, 2)  # (B, H, T, K)
    k = (n @ w["wk"].T).unflatten(2, (n_kv_heads, -1)).transpose(1, 2)  # (B, H_kv, T, K)
    v = (n @ w["wv"].T).unflatten(2, (n_kv_heads, -1)).transpose(1, 2)

    # Positions are compared, not carried: they turn queries and keys, head by head.
    q, k = turn(q, positions, base), turn(k, positions, base)

    # Neighbouring query heads share a head of keys and values.
    k = k.repeat_interleave(n_heads // n_kv_heads, dim=1)  # (B, H, T, K)
    v = v.repeat_interleave(n_heads // n_kv_heads, dim=1)
    heads = functional.scaled_dot_product_attention(q, k, v, is_causal=True)  # (B, H, T, K)
    h = x + heads.transpose(1, 2).flatten(2) @ w["wo"].T  # (B, T, D)

    # The feed-forward branch reads the stream that attention has written to.
    n = rms_norm(h, w["ffn_norm"], eps)
    inner = functional.silu(n @ w["w_gate"].T) * (n @ w["w_up"].T)  # (B, T, F)
    return h + inner @ w["w_down"].T


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    """Divide each vector by its root mean square, and weigh its numbers."""
    return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + eps) * weight


def turn(x: torch.Tensor, positions: torch.Tensor, base: float) -> torch.Tensor:
    """Turn the pairs (i, i + K/2) of each head, x (B, H, T, K), by position * base^(-2i/K)."""
    width = x.shape[3]
    speeds = base ** (-torch.arange(0, width, 2, dtype=x.dtype, device=x.device) / width)  # (K/2,)
    angles = positions.unsqueeze(1) * speeds  # (T, K/2)
    cos, sin = angles.cos(), angles.sin()
    a, b = x.chunk(2, dim=3)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=3)
