"""A linear layer that learns through a low-rank detour, while its own weights stand still.

    h = W x + b + (alpha / r) B A x      Hu et al. 2021, section 4.1, equation 3

W (out, in) is frozen; A (r, in) and B (out, r) are trained, which is r (in + out) numbers instead of
in * out. After training B A can be added to W, and the detour costs nothing more. The dropout that many
implementations put before A is left out.
"""

import torch
from torch import nn


class LoRALinear(nn.Module):
    """The linear layer base with an update of rank r beside it, scaled by alpha / r."""

    def __init__(self, base: nn.Linear, r: int, alpha: float) -> None:
        super().__init__()
        # Nothing that was pretrained is trained again: neither W nor b.
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.merged = False

        # Like base.weight: the same dtype and device. A is random and B is zero, so that B A is zero and the
        # layer starts out as base; were A zero too, neither would ever get a gradient.
        self.lora_A = nn.Parameter(torch.randn_like(base.weight[:1].expand(r, -1)) / r)  # (r, in)
        self.lora_B = nn.Parameter(torch.zeros_like(base.weight[:, :1].expand(-1, r)))  # (out, r)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the layer's output, (..., in) -> (..., out)."""
        if self.merged:
            return self.base(x)  # B A is part of W by now
        # Through the narrow middle: B A itself, (out, in), is never built.
        detour = x @ self.lora_A.T @ self.lora_B.T  # (..., in) -> (..., r) -> (..., out)
        return self.base(x) + self.scale * detour
