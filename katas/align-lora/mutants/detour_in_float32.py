"""The detour is computed in float32 and converted back, so float64 loses half of its digits.

x, base, A and B share one dtype: no conversion is needed.
"""

import torch
from torch import nn

CAUGHT_BY = "test_the_factors_follow_the_dtype_of_base"


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.merged = False
        weight = base.weight
        self.lora_A = nn.Parameter(weight.new_empty(r, base.in_features))
        self.lora_B = nn.Parameter(weight.new_zeros(base.out_features, r))
        nn.init.normal_(self.lora_A, std=base.in_features**-0.5)

    def forward(self, x):
        if self.merged:
            return self.base(x)
        update = x.float() @ self.lora_A.float().T @ self.lora_B.float().T
        return self.base(x) + (self.scale * update).to(x.dtype)

    @torch.no_grad()
    def merge(self):
        if not self.merged:
            self.base.weight += self.scale * self.lora_B @ self.lora_A
            self.merged = True

    @torch.no_grad()
    def unmerge(self):
        if self.merged:
            self.base.weight -= self.scale * self.lora_B @ self.lora_A
            self.merged = False
