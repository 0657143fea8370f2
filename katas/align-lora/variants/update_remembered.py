"""merge() remembers what it added for unmerge() to subtract; the flag is a buffer of the state dict."""

import torch
from torch import nn
from torch.nn.functional import linear


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha):
        super().__init__()
        self.lora_A = nn.Parameter(base.weight.new_empty(r, base.in_features).normal_(std=0.02))
        self.lora_B = nn.Parameter(base.weight.new_zeros(base.out_features, r))
        self.base = base
        self.base.weight.requires_grad_(False)
        if self.base.bias is not None:
            self.base.bias.requires_grad_(False)
        self.scale = alpha / r
        self.register_buffer("is_merged", torch.tensor(False))
        self.update = None

    def forward(self, x):
        if self.is_merged:
            return linear(x, self.base.weight, self.base.bias)
        # Scaling the r numbers in the middle is cheaper than scaling the output.
        return self.base(x) + linear(self.scale * linear(x, self.lora_A), self.lora_B)

    def merge(self):
        if self.is_merged:
            return
        with torch.no_grad():
            self.update = torch.mm(self.lora_B, self.lora_A).mul_(self.scale)
            self.base.weight.add_(self.update)
            self.is_merged.fill_(True)

    def unmerge(self):
        if not self.is_merged:
            return
        with torch.no_grad():
            self.base.weight.sub_(self.update)
            self.is_merged.fill_(False)
