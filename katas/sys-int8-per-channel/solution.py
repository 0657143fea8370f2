"""Weights as int8 with a scale for each row.

    s_o = max_i |w_oi| / 127      q_oi = round(w_oi / s_o)      y_no = s_o sum_i x_ni q_oi + b_o

Dettmers et al. 2022, section 2.1. O outputs, I inputs.
"""

import torch


def quantize_rows(w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the integers (O, I) and the scale (O, 1) of each row of w (O, I)."""
    scale = w.abs().amax(dim=1, keepdim=True) / 127
    scale = scale.masked_fill(scale == 0, 1.0)  # a row of zeros
    return (w / scale).round().to(torch.int8), scale


def int8_linear(
    x: torch.Tensor, q: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor | None
) -> torch.Tensor:
    """Return (..., O) for x (..., I) and the weight q (O, I) times scale (O, 1)."""
    y = (x @ q.to(x.dtype).T) * scale.flatten()
    return y if bias is None else y + bias
