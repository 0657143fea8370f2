"""A linear layer that learns through a low-rank detour, while its own weights stand still.

    h = W x + b + (alpha / r) B A x      Hu et al. 2021, section 4.1, equation 3

W (out, in) and b are frozen; A (r, in) and B (out, r) are trained: r (in + out) numbers instead of in * out.
After training B A can be added to W, and then the detour costs nothing. The dropout that many
implementations put in front of A is left out.
"""

import torch
from torch import nn


class LoRALinear(nn.Module):
    """The layer base with an update of rank r beside it, scaled by alpha / r."""

    def __init__(self, base: nn.Linear, r: int, alpha: float) -> None:
        super().__init__()
        # What was pretrained is not trained again, neither W nor b.
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.merged = False

        # B = 0, so that B A is zero and training sets out from base. A must not be zero as well: each of the
        # two gets its gradient through the other. new_empty and new_zeros follow W in dtype and device.
        weight = base.weight  # (out, in)
        self.lora_A = nn.Parameter(weight.new_empty(r, base.in_features))
        self.lora_B = nn.Parameter(weight.new_zeros(base.out_features, r))
        nn.init.normal_(self.lora_A, std=base.in_features**-0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the output of the layer, (..., in) -> (..., out)."""
        if self.merged:
            return self.base(x)  # B A is in W already

        # One narrow matrix after the other: the wide B A (out, in) is not needed here.
        narrow = x @ self.lora_A.T  # (..., in) -> (..., r)
        update = narrow @ self.lora_B.T  # (..., r) -> (..., out)
        return self.base(x) + self.scale * update

    @torch.no_grad()  # W is a leaf that autograd is not to know of
    def merge(self) -> None:
        """Add the update to base.weight, unless it is there already."""
        if not self.merged:
            self.base.weight += self.scale * self.lora_B @ self.lora_A  # (out, r) @ (r, in)
            self.merged = True

    @torch.no_grad()
    def unmerge(self) -> None:
        """Take the update out of base.weight, if it is there."""
        if self.merged:
            self.base.weight -= self.scale * self.lora_B @ self.lora_A
            self.merged = False
