"""A is zero and B random, the wrong way round: the layer does start as base, but the promise was B
= 0, and here the first step moves A and not B.

A projects down and is random, B projects up and is zero (Hu et al. 2021, section 4.1).
"""

import torch
from torch import nn

CAUGHT_BY = ("test_starts_out_as_base", "test_lora_a_is_random", "test_the_first_gradient_moves_b_only")


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.merged = False
        weight = base.weight
        self.lora_A = nn.Parameter(weight.new_empty(r, base.in_features))
        self.lora_B = nn.Parameter(weight.new_zeros(base.out_features, r))
        nn.init.zeros_(self.lora_A)
        nn.init.normal_(self.lora_B, std=0.02)

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
