"""A and B are created in the default dtype float32, so over a base in float64 or bfloat16 the
multiplication refuses, or rounds.

Create them like base.weight, with its dtype and on its device: new_empty and new_zeros do so.
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
        self.lora_A = nn.Parameter(torch.empty(r, base.in_features))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r))
        nn.init.normal_(self.lora_A, std=base.in_features**-0.5)

    def forward(self, x):
        if self.merged:
            return self.base(x)
        update = x @ self.lora_A.T @ self.lora_B.T
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
