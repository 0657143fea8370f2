"""Functions that change what they get, and keep it."""

import torch

# -------- tensors


@torch.no_grad()
def change(x, how):
    if how == "add_":
        x.add_(1)
    elif how == "data":
        x.data = x.data * 2
    elif how == "index":
        x[0] = 9
    elif how == "view":
        x.view(-1)[1:].mul_(3)
    elif how == "numpy":
        x.numpy()[-1] = 5
    elif how == "resize":
        x.resize_(1)
    elif how == "unsqueeze":
        x.unsqueeze_(0)
    elif how == "on a copy":
        x = x.clone().add_(1)


def quantise(p):
    p.requires_grad_(False)
    p.data = p.data.to(torch.int8)


def flip_requires_grad(x):
    x.requires_grad_(not x.requires_grad)


def fill(x):
    x.fill_(7)


def add_one(x):
    x.add_(1)


@torch.no_grad()
def bump(x):
    x.add_(1)
    return x.sum()


@torch.no_grad()
def bump_data(x):
    x.data.add_(1)
    return x.sum()


@torch.no_grad()
def set_first(x):
    x[0] = 5
    return x.sum()


def square(x):
    return x * x


# -------- gradients


def read_gradient(p):
    return None if p.grad is None else p.grad.clone()


def write_gradient(p, value):
    p.grad = value


def clip_gradients(params, most):
    for p in params:
        p.grad.clamp_(-most, most)


def zero_gradients(params):
    for p in params:
        p.grad = None


def accumulate_gradients(p):
    (p * p).sum().backward()


# -------- optimizers


@torch.no_grad()
def momentum_step(p, grad, state, lr=0.1, beta=0.9):
    v = state.setdefault("v", torch.zeros_like(p))
    v.mul_(beta).add_(grad)
    p.sub_(lr * v)
    state["step"] = state.get("step", 0) + 1


class Momentum:
    def __init__(self, params, lr=0.1, beta=0.9):
        self.params, self.lr, self.beta = list(params), lr, beta
        self.v = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.v, strict=True):
            if p.grad is not None:
                v.mul_(self.beta).add_(p.grad)
                p.add_(v, alpha=-self.lr)

    def zero_grad(self):
        for p in self.params:
            p.grad = None


class Real(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                v = self.state[p].setdefault("v", torch.zeros_like(p))
                v.mul_(0.9).add_(p.grad)
                p.add_(v, alpha=-group["lr"])


# -------- containers


def refill(items, table, unique):
    items.append(torch.ones(2))
    items[0] = "new"
    table["cache"] = {"k": torch.zeros(1), "deep": [1]}
    table.pop("old", None)
    unique.add(5)
    unique.discard(1)


def deepen(table):
    table["cache"]["deep"].append(2)
    table["cache"]["k"].add_(1)


def sort_and_drop(items):
    items.sort()
    items.reverse()
    del items[0]


def step_with_cache(x, w, cache):
    cache.setdefault("k", []).append(x * w)
    return cache, torch.stack(cache["k"]).sum()


def total(parts):
    return sum(parts)


class Box:
    def __init__(self):
        self.items, self.weight = [], torch.zeros(2)

    def read(self):
        return list(self.items), self.weight + 0


# -------- identity

kept = []


def keep(x):
    kept.append(x)


def last_kept():
    return kept[-1]


def is_kept(x):
    return kept[-1] is x


def append_to_kept(item):
    kept[-1].append(item)


def same(x):
    return x


def twice(x):
    return x, [x], {"x": x}


def are_same(a, b):
    return a is b


# -------- `unchanged`


def look(*things):
    return len(things)


def sneak(x):
    x.data.add_(0.5)


def spoil_weight(x, module):
    with torch.no_grad():
        module.weight.zero_()
    return x
