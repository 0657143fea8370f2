"""x passes through dropout on its way to A, so in training mode the output is another one in each
call.

Many implementations offer that as an option. Equation 3 does not have it, and neither does this
kata.
"""

import torch
from torch import nn

CAUGHT_BY = ("test_worked_example", "test_output_is_the_formula", "test_forward_changes_nothing")


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
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        if self.merged:
            return self.base(x)
        update = self.dropout(x) @ self.lora_A.T @ self.lora_B.T
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
