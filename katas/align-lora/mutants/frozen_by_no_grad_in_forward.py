"""The weight is kept out of autograd only inside forward. It still claims to be trainable, so an
optimizer takes it up and its weight decay shrinks it.

Set requires_grad to False instead; and let the gradient flow through base to x.
"""

import torch
from torch import nn

CAUGHT_BY = "test_only_the_two_factors_are_trainable"


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha):
        super().__init__()
        self.base = base
        self.scale = alpha / r
        self.merged = False
        weight = base.weight
        self.lora_A = nn.Parameter(weight.new_empty(r, base.in_features))
        self.lora_B = nn.Parameter(weight.new_zeros(base.out_features, r))
        nn.init.normal_(self.lora_A, std=base.in_features**-0.5)

    def forward(self, x):
        if self.merged:
            return self.base(x)
        update = x @ self.lora_A.T @ self.lora_B.T
        with torch.no_grad():
            output = self.base(x)
        return output + self.scale * update

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
