"""x is scaled in place, and whoever needs it afterwards, a residual connection for example, gets
damaged numbers.

Read x, and make new tensors.
"""

import torch
from torch import nn

CAUGHT_BY = "test_forward_changes_nothing"


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
        output = self.base(x)
        x.data.mul_(self.scale)
        update = x @ self.lora_A.T @ self.lora_B.T
        return output + update

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
