"""merge() sets the original weight aside and unmerge() puts it back, exact to the last bit."""

import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.r, self.alpha = r, alpha
        self.lora_A = nn.Parameter(torch.rand(r, base.in_features).to(base.weight) - 0.5)
        self.lora_B = nn.Parameter(torch.zeros_like(base.weight[:, :1]).repeat(1, r))
        self.original = None  # W, while the layer is merged

    def forward(self, x):
        if self.original is not None:
            return self.base(x)
        narrow = torch.einsum("...i,ri->...r", x, self.lora_A)
        return self.base(x) + torch.einsum("...r,or->...o", narrow, self.lora_B) * (self.alpha / self.r)

    def merge(self):
        if self.original is None:
            self.original = self.base.weight.detach().clone()
            update = self.lora_B.detach() @ self.lora_A.detach()
            self.base.weight.data = self.original + self.alpha / self.r * update

    def unmerge(self):
        if self.original is not None:
            self.base.weight.data.copy_(self.original)
            self.original = None
