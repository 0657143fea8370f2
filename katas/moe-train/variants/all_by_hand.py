import torch
from torch import nn
from torch.nn import functional


def cv_squared(v):
    return v.var(correction=0) / (v.mean() ** 2 + 1e-10)


class MoELayer(nn.Module):
    def __init__(self, experts, width, k):
        super().__init__()
        self.experts, self.k = nn.ModuleList(experts), k
        self.w_gate = nn.Parameter(torch.zeros(width, len(experts)))
        self.w_noise = nn.Parameter(torch.zeros(width, len(experts)))

    def forward(self, x):
        clean = x @ self.w_gate
        std = functional.softplus(x @ self.w_noise)
        h = clean + torch.randn_like(clean) * std if self.training else clean
        values, chosen = h.topk(self.k, dim=1)
        weights = values.softmax(dim=1)
        y = None
        for i in chosen.unique().tolist():
            rows, column = (chosen == i).nonzero(as_tuple=True)
            part = weights[rows, column].unsqueeze(1) * self.experts[i](x[rows])
            y = x.new_zeros(len(x), part.shape[1]) if y is None else y
            y = y.index_add(0, rows, part)
        if not self.training:
            return y, clean.sum() * 0
        gates = torch.zeros_like(h).scatter(1, chosen, weights)
        balance = cv_squared(gates.sum(dim=0))
        if self.k < len(self.experts):
            best = h.topk(self.k + 1, dim=1).values
            limit = torch.where(h >= best[:, -2:-1], best[:, -1:], best[:, -2:-1])
            balance = balance + cv_squared(torch.special.ndtr((clean - limit) / std).sum(dim=0))
        return y, balance


def train(layer, x, y, steps, batch=256, lr=0.01, balance=0.3):
    layer.train()
    optimiser = torch.optim.Adam(layer.parameters(), lr=lr)
    for _ in range(steps):
        rows = torch.multinomial(torch.ones(len(x)), batch)
        out, extra = layer(x[rows])
        loss = torch.mean((out - y[rows]) ** 2) + balance * extra
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    layer.eval()
