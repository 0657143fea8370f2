"""Build W + (alpha / r) B A in each call: one multiplication by a wide matrix, and autograd does the rest."""

import math

import torch
from torch import nn
from torch.nn import functional


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha):
        super().__init__()
        self.base = base
        for parameter in base.parameters():
            parameter.requires_grad = False

        like_base = {"dtype": base.weight.dtype, "device": base.weight.device}
        self.lora_A = nn.Parameter(torch.empty(r, base.in_features, **like_base))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r, **like_base))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.scaling, self.r, self.merged = alpha / r, r, False

    def delta(self):
        return self.scaling * (self.lora_B @ self.lora_A)  # (out, in)

    def forward(self, x):
        weight = self.base.weight if self.merged else self.base.weight + self.delta()
        return functional.linear(x, weight, self.base.bias)

    def merge(self):
        if not self.merged:
            self.base.weight.data += self.delta().data
        self.merged = True

    def unmerge(self):
        if self.merged:
            self.base.weight.data -= self.delta().data
        self.merged = False
