from copy import deepcopy

import torch
from torch import nn


class Layer(nn.Module):
    def __init__(self, dense, width, n_experts, k, noise):
        super().__init__()
        dtype = next(iter(dense.parameters())).dtype
        self.k = k
        self.router = nn.Linear(width, n_experts, bias=False, dtype=dtype)
        self.experts = nn.ModuleList()
        for _ in range(n_experts):
            self.experts.append(deepcopy(dense))
        with torch.no_grad():
            for p in self.experts.parameters():
                p.requires_grad_()
                p.grad = None
                if noise:
                    p += torch.normal(0.0, noise, p.shape, dtype=p.dtype)

    def forward(self, x):
        kept, chosen = self.router(x).topk(self.k, dim=1)
        order = chosen.flatten().argsort()
        counts = chosen.flatten().bincount(minlength=len(self.experts)).tolist()
        blocks = x[order // self.k].split(counts)
        answers = torch.cat([expert(block) for expert, block in zip(self.experts, blocks, strict=True)])
        answers = answers * kept.softmax(dim=1).flatten()[order, None]
        return answers.new_zeros(len(x), answers.shape[1]).index_add(0, order // self.k, answers)


def upcycle(dense, width, n_experts, k, noise=0.0):
    return Layer(dense, width, n_experts, k, noise)
