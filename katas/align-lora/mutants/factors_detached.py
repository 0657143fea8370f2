"""A and B are detached in forward, as if merged for good: the output is right, and neither factor
gets a gradient.

Detach them in merge(), where no gradient is wanted, and not here.
"""

import torch
from torch import nn

CAUGHT_BY = ("test_the_first_gradient_moves_b_only", "test_gradients_are_those_of_the_formula")


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
        update = x @ self.lora_A.detach().T @ self.lora_B.detach().T
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
