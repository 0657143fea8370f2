"""A is frozen with the rest, so only B is trained: the r directions that the layer looks at stay
those that were drawn at random.

Both factors are trained (Hu et al. 2021, section 4.1).
"""

import torch
from torch import nn

CAUGHT_BY = "test_only_the_two_factors_are_trainable"


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
        self.lora_A.requires_grad_(False)

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
