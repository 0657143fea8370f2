"""merge() and unmerge() are one step with a sign, which is 0 where there is nothing to be done."""

import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha):
        super().__init__()
        self.base, self.scale, self.merged = base, alpha / r, False
        self.base.requires_grad_(False)
        weight = base.weight
        self.lora_A = nn.Parameter(torch.randn(r, weight.shape[1], dtype=weight.dtype, device=weight.device))
        self.lora_B = nn.Parameter(torch.zeros(weight.shape[0], r, dtype=weight.dtype, device=weight.device))

    def forward(self, x):
        output = self.base(x)
        if not self.merged:
            output = output + (x @ (self.lora_B @ self.lora_A).mT) * self.scale
        return output

    def merge(self):
        self._become(True)

    def unmerge(self):
        self._become(False)

    def _become(self, merged):
        sign = int(merged) - int(self.merged)  # 0 where nothing is to be done
        if sign:
            with torch.no_grad():
                self.base.weight.addmm_(self.lora_B, self.lora_A, alpha=sign * self.scale)
        self.merged = merged
