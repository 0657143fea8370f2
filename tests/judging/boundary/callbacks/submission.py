"""Functions that call what they are given."""

from itertools import islice

import torch
from torch import nn

# -------- calls


def apply(f, *args, **kwargs):
    return f(*args, **kwargs)


def compose(f, g, x):
    return f(g(x))


def use(table, x):
    return [table["f"](x), *(g(x) for g in table["more"])]


def same(f, g):
    return f is g


def nested(f):
    return f(lambda x: x + 1)


def chosen(values, key):
    return sorted(values, key=key), max(values, key=key), list(map(key, values))


def any_names(target, operation, function, args, kwargs, op, values, name, number):
    return target + operation + function + args + kwargs + op + values + name + number


class Wrapped(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f, self.w = f, nn.Parameter(torch.ones(2))

    def forward(self, x):
        return self.f(self.w * x)


def mapped(f, values):
    for value in values:
        yield f(value)


class Grad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, f, g):
        ctx.g = g
        ctx.save_for_backward(x)
        return f(x)

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.g(*ctx.saved_tensors), None, None


def custom(x, f, g):
    return Grad.apply(x, f, g)


class Keeps:
    def __init__(self, f):
        self.f = f

    def call(self, *args):
        return self.f(*args)


# -------- gradients


def minimise(f, x0, lr, steps):
    x = x0.detach().clone().requires_grad_(True)
    for _ in range(steps):
        (grad,) = torch.autograd.grad(f(x), x)
        with torch.no_grad():
            x -= lr * grad
    return x.detach()


def descend(f, x0, steps):
    x = x0.clone().requires_grad_(True)
    optimizer = torch.optim.SGD([x], 0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
    return x.detach()


def newton(f, x):
    x = x.detach().requires_grad_(True)
    (first,) = torch.autograd.grad(f(x), x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    return x.detach() - first.detach() / second


def hvp(f, x, v):
    x = x.detach().requires_grad_(True)
    (grad,) = torch.autograd.grad(f(x), x, create_graph=True)
    return torch.autograd.grad((grad * v).sum(), x)[0]


def through(f, x):
    return 3 * f(2 * x)


def without_gradients(f, x):
    with torch.no_grad():
        return f(x).requires_grad


# -------- exceptions


def guarded(f):
    try:
        return f()
    except ValueError as error:
        return f"caught {error}"


def wrapped_error(f):
    try:
        return f()
    except Exception as error:
        raise RuntimeError("wrapped") from error


# -------- what is shown


def take(items, n):
    return list(islice(items, n))


def look(f):
    values = [repr(cell.cell_contents) for cell in f.__closure__ or ()]
    names = set(f.__globals__) & {"pytest", "expected", "answer", *_CHECKS}
    leaks = "forty-one" in "".join(values), any(name in repr(f.__code__) for name in _CHECKS)
    return leaks, sorted(names), f.__name__


_CHECKS = {"test_a_callback_shows_nothing_but_a_call", "test_an_iterator_of_the_suite_is_lazy"}
