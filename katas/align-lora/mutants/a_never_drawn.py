"""lora_A is taken from memory with `empty` and never filled: its entries are whatever lay there before.

That may look random, and in a large layer it is often all zeros, so nothing is ever learned. Draw every
entry, with `nn.init.normal_` for one.
"""

import torch
from torch import nn

CAUGHT_BY = ("test_every_entry_of_lora_a_is_drawn", "test_lora_a_is_random")


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.merged = False
        weight = base.weight
        self.lora_A = nn.Parameter(weight.new_empty(r, base.in_features))
        self.lora_B = nn.Parameter(weight.new_zeros(base.out_features, r))

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
