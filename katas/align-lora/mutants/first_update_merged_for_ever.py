"""The update is computed at the first merge() and kept, so after more training the old one is
merged again.

Compute (alpha / r) B A from the current A and B at each merge().
"""

import torch
from torch import nn

CAUGHT_BY = "test_an_unmerged_layer_trains_and_merges_again"


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
        self.update = None

    def forward(self, x):
        if self.merged:
            return self.base(x)
        update = x @ self.lora_A.T @ self.lora_B.T
        return self.base(x) + self.scale * update

    @torch.no_grad()
    def merge(self):
        if not self.merged:
            if self.update is None:
                self.update = self.scale * self.lora_B @ self.lora_A
            self.base.weight += self.update
            self.merged = True

    @torch.no_grad()
    def unmerge(self):
        if self.merged:
            self.base.weight -= self.update
            self.merged = False
