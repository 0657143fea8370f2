"""forward multiplies by a copy of W made in the constructor, so what is loaded into base later, by
load_state_dict() for example, has no effect.

Read base.weight in each call; call base(x).
"""

import torch
from torch import nn

CAUGHT_BY = ("test_state_dict_holds_everything", "test_worked_example", "test_output_is_the_formula")


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
        self.start = [parameter.detach().clone() for parameter in base.parameters()]

    def forward(self, x):
        if self.merged:
            return self.base(x)
        update = x @ self.lora_A.T @ self.lora_B.T
        return nn.functional.linear(x, *self.start) + self.scale * update

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
