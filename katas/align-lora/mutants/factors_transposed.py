"""A is (in, r) and B is (r, out), the transposes of the matrices in the paper. The output is right,
but weights trained elsewhere do not fit.

In h = W x + B A x a column x meets A first: A is (r, in) and B is (out, r).
"""

import torch
from torch import nn

CAUGHT_BY = "test_shapes_of_the_two_factors"


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.merged = False
        weight = base.weight
        self.lora_A = nn.Parameter(weight.new_empty(base.in_features, r))
        self.lora_B = nn.Parameter(weight.new_zeros(r, base.out_features))
        nn.init.normal_(self.lora_A, std=base.in_features**-0.5)

    def forward(self, x):
        if self.merged:
            return self.base(x)
        update = x @ self.lora_A @ self.lora_B
        return self.base(x) + self.scale * update

    @torch.no_grad()
    def merge(self):
        if not self.merged:
            self.base.weight += self.scale * (self.lora_A @ self.lora_B).T
            self.merged = True

    @torch.no_grad()
    def unmerge(self):
        if self.merged:
            self.base.weight -= self.scale * (self.lora_A @ self.lora_B).T
            self.merged = False
