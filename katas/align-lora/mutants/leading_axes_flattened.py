"""The leading axes are flattened for the detour and not restored.

Multiply from the right, x @ A.T @ B.T, and the leading axes stay where they are.
"""

import torch
from torch import nn

CAUGHT_BY = "test_x_may_have_any_leading_axes"


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
        update = x.reshape(-1, x.shape[-1]) @ self.lora_A.T @ self.lora_B.T
        return self.base(x) + self.scale * update

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
