"""Modules, and functions that take and make modules."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width, out=1):
        super().__init__()
        self.first = nn.Linear(width, 5)
        self.norm = nn.BatchNorm1d(5)
        self.second = nn.Linear(5, out)
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.width = width

    def forward(self, x):
        if self.training:
            self.steps += 1
        return self.scale * self.second(torch.tanh(self.norm(self.first(x))))


class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)


class Affine(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))

    def forward(self, x):
        return x * self.weight


class LoRA(nn.Module):
    def __init__(self, base, rank):
        super().__init__()
        self.base = base
        for p in base.parameters():
            p.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(rank, base.in_features))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        return self.base(x) + x @ self.a.T @ self.b.T

    @torch.no_grad()
    def merge(self):
        self.base.weight += self.b @ self.a
        del self.a, self.b
        self.forward = self.base.forward


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 3)
        self.out = nn.Linear(3, 5, bias=False)
        self.out.weight = self.embed.weight

    def forward(self, i):
        return self.out(self.embed(i))

    def grow(self):
        self.extra = nn.Parameter(torch.ones(2))
        self.layers = nn.ModuleList([nn.Linear(2, 2)])

    def swap(self):
        self.out.weight = nn.Parameter(torch.zeros(5, 3))


class Stack(nn.Module):
    def __init__(self, layer, n):
        super().__init__()
        self.layers = nn.ModuleList([layer] * n)
        self.norm = nn.LayerNorm(3)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


# -------- modules of the suite


def run(module, *inputs):
    return module(*inputs)


def kind(module):
    return type(module).__name__, [name for name, _ in module.named_parameters()], module.training


def names(module):
    found = sorted(name for name, _ in module.named_parameters())
    return isinstance(module, nn.Module), found, module.training


def has_secrets(module):
    return hasattr(module, "secret"), "Custom" in type(module).__name__


def train(module, x, y, steps):
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = (module(x) - y).pow(2).mean()
        loss.backward()
        optimizer.step()
    return loss.detach()


def same(module):
    return module


def wrap(module):
    return nn.Sequential(module, nn.ReLU())


def made():
    return nn.Linear(2, 3), [nn.ReLU()]
