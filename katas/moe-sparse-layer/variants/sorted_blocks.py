import torch
from torch import nn


class SparseMoE(nn.Module):
    def __init__(self, gate, experts, k):
        super().__init__()
        self.gate, self.experts, self.k = gate, nn.ModuleList(experts), k

    def forward(self, x):
        tokens = x.flatten(0, -2) if x.dim() > 2 else x
        weights, chosen = self.gate(tokens).topk(self.k, dim=-1)
        weights = weights.softmax(dim=-1)
        flat = chosen.flatten()
        order = flat.argsort(stable=True)
        counts = flat.bincount(minlength=len(self.experts)).tolist()
        blocks = tokens[order // self.k].split(counts)
        used = [expert(block) for expert, block in zip(self.experts, blocks, strict=True) if len(block)]
        if not used:
            used = [self.experts[0](tokens)]
        results = torch.cat(used) * weights.flatten()[order].unsqueeze(-1)
        y = torch.zeros(len(tokens), results.shape[-1], dtype=results.dtype)
        return y.index_add(0, order // self.k, results).view(*x.shape[:-1], results.shape[-1])
