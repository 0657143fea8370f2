"""A and B are plain tensors. They get gradients, but parameters() does not list them, so no
optimizer moves them, and state_dict() loses them.

Wrap each in nn.Parameter.
"""

import torch
from torch import nn

CAUGHT_BY = "test_parameters_have_the_promised_names"


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.merged = False
        weight = base.weight
        self.lora_A = weight.new_empty(r, base.in_features).requires_grad_()
        self.lora_B = weight.new_zeros(base.out_features, r).requires_grad_()
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
