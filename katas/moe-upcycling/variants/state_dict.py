import copy

import torch
from torch import nn


class Mixture(nn.Module):
    def __init__(self, router, experts, k):
        super().__init__()
        self.router, self.experts, self.k = router, nn.ModuleList(experts), k

    def forward(self, x):
        logits = self.router(x)
        chances, chosen = logits.softmax(dim=-1).topk(self.k, dim=-1)
        chances = chances / chances.sum(dim=-1, keepdim=True)
        gates = torch.zeros_like(logits).scatter(1, chosen, chances)
        return sum(gates[:, i : i + 1] * expert(x) for i, expert in enumerate(self.experts))


def upcycle(dense, width, n_experts, k, noise=0.0):
    dtype = next(dense.parameters()).dtype
    router = nn.Linear(width, n_experts, bias=False).to(dtype)
    nn.init.normal_(router.weight, std=width**-0.5)
    experts = []
    for _ in range(n_experts):
        expert = copy.deepcopy(dense).requires_grad_(True)
        expert.zero_grad(set_to_none=True)
        with torch.no_grad():
            expert.load_state_dict(
                {n: t + noise * torch.randn_like(t) for n, t in dense.state_dict().items()}
            )
        experts.append(expert)
    return Mixture(router, experts, k)
