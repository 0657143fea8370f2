import torch
from torch import nn


class SparseMoE(nn.Module):
    def __init__(self, gate, experts, k):
        super().__init__()
        self.add_module("gate", gate)
        self.experts = nn.ModuleList()
        for expert in experts:
            self.experts.append(expert)
        self.k = k

    def forward(self, x):
        tokens = x.reshape(-1, x.size(-1))
        logits = self.gate(tokens)
        kept = torch.full_like(logits, -torch.inf)
        places = logits.argsort(dim=1, descending=True)[:, : self.k]
        g = kept.scatter(1, places, logits.gather(1, places)).softmax(dim=1)
        mine = torch.zeros_like(logits, dtype=torch.bool).scatter(1, places, True)
        pieces, rows = [], []
        for i, expert in enumerate(self.experts):
            at = mine[:, i].nonzero().squeeze(1)
            if at.numel() or (not tokens.numel() and i == 0):
                pieces.append(expert(tokens[at]) * g[at, i, None])
                rows.append(at)
        y = pieces[0].new_zeros(tokens.shape[0], pieces[0].shape[1])
        y = y.index_put((torch.cat(rows),), torch.cat(pieces), accumulate=True)
        return y.reshape(x.shape[:-1] + y.shape[1:])
