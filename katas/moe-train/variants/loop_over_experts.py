import torch
from moe_importance_loss import importance_loss
from moe_load_loss import load_loss
from moe_noisy_topk import noisy_top_k_gating
from torch import nn
from torch.nn import functional


class MoELayer(nn.Module):
    def __init__(self, experts, width, k):
        super().__init__()
        self.k = k
        self.experts = nn.ModuleList()
        for expert in experts:
            self.experts.append(expert)
        for name in ("w_gate", "w_noise"):
            self.register_parameter(name, nn.Parameter(torch.zeros(width, len(experts))))

    def forward(self, x):
        noise = torch.randn_like(x @ self.w_gate) if self.training else None
        g = noisy_top_k_gating(x, self.w_gate, self.w_noise, self.k, noise=noise, train=self.training)
        y, balance = 0, x.new_zeros(())
        for i, expert in enumerate(self.experts):
            rows = torch.where(g[:, i] > 0)[0]
            if rows.numel():
                part = expert(x[rows]) * g[rows, i, None]
                y = y + part.new_zeros(len(x), part.shape[1]).index_add(0, rows, part)
        if self.training:
            balance = importance_loss(g) + load_loss(x, self.w_gate, self.w_noise, noise, self.k)
        return y, balance


def train(layer, x, y, steps, batch=256, lr=0.01, balance=0.3):
    layer.train(True)
    adam = torch.optim.Adam(layer.parameters(), lr)
    for _ in range(steps):
        rows = torch.rand(len(x)).argsort()[:batch]
        out, extra = layer(x[rows])
        adam.zero_grad()
        (functional.mse_loss(out, y[rows]) + extra * balance).backward()
        adam.step()
    layer.train(False)
