"""Rotary position embedding: each pair of numbers is turned by an angle that grows with the position.

    (a, b) -> (a cos - b sin, a sin + b cos)      angle = position * base^(-2i/D) for pair i

Su et al. 2021, equations 14 and 15. Scaling for longer contexts is left out. B is the batch size, H the
number of heads, T that of tokens, D the width of a head.
"""

import torch


def apply_rope(
    x: torch.Tensor,
    positions: torch.Tensor,
    base: float = 10000.0,
    interleaved: bool = False,
) -> torch.Tensor:
    """Return x (B, H, T, D) with all pairs turned, in the dtype of x."""
    width = x.shape[-1]
    precise = torch.promote_types(x.dtype, torch.float32)  # bfloat16 has no 257

    # The first pair turns by 1 for each position, the last one hardly at all.
    doubled = torch.arange(0, width, 2, dtype=precise, device=x.device)  # 2i
    speeds = base ** (-doubled / width)  # (D/2,)
    angles = positions.unsqueeze(-1) * speeds  # (T, D/2) or (B, T, D/2)
    if positions.dim() == 2:
        angles = angles.unsqueeze(1)  # (B, 1, T, D/2), the same for all heads
    cos, sin = angles.cos(), angles.sin()

    # a and b: the first and the second numbers of all pairs, (B, H, T, D/2).
    a, b = (x[..., 0::2], x[..., 1::2]) if interleaved else x.chunk(2, dim=-1)

    # Turn them, in the dtype of the angles, and put them back to where they came from.
    turned = (a * cos - b * sin, a * sin + b * cos)
    y = torch.stack(turned, dim=-1).flatten(-2) if interleaved else torch.cat(turned, dim=-1)
    return y.to(x.dtype)
