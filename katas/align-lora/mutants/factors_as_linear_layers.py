"""A and B are linear layers, so that their weights are called lora_A.weight and lora_B.weight: what
others saved as lora_A and lora_B can not be loaded.

The mathematics is right; the promise is two parameters of these names and shapes.
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
        self.lora_A = nn.Linear(base.in_features, r, bias=False)
        self.lora_B = nn.Linear(r, base.out_features, bias=False)
        nn.init.zeros_(self.lora_B.weight)
        nn.init.normal_(self.lora_A.weight, std=weight.shape[1] ** -0.5)

    def forward(self, x):
        if self.merged:
            return self.base(x)
        update = self.lora_B(self.lora_A(x))
        return self.base(x) + self.scale * update

    @torch.no_grad()
    def merge(self):
        if not self.merged:
            self.base.weight += self.scale * self.lora_B.weight @ self.lora_A.weight
            self.merged = True

    @torch.no_grad()
    def unmerge(self):
        if self.merged:
            self.base.weight -= self.scale * self.lora_B.weight @ self.lora_A.weight
            self.merged = False
