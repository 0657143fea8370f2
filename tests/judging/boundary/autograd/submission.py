"""Functions that are differentiated, and that differentiate."""

import torch


def two_of_two(x, y):
    return (x * y).sin() + x**3, y.exp()


def two_of_complex(z):
    return z * z.conj() * (1 + 2j)


def product(x, y):
    return x * y


def parts(x, y):
    return {"double": 2 * x, "both": [x + y, (y * y,)], "plain": 3}


def cube(x):
    return x**3


def double(x):
    return 2 * x


def chain(x):
    return 0.9 * x


def same(x):
    y = x * 2
    return y, y, x, x.view(-1), y[0]


def pick(x, index, mask, unused):
    return x[index] * mask


def modes(x):
    return torch.is_grad_enabled(), x.requires_grad, x.is_leaf, (2 * x).requires_grad


def cut(x):
    return (2 * x).detach(), x.argmax(), x > 0, 2 * x


def fresh():
    return torch.ones(2, requires_grad=True)


# -------- submissions that differentiate


def differentiates(x):
    (grad,) = torch.autograd.grad((x**3).sum(), x)
    return grad


def keeps_the_graph(x):
    return torch.autograd.grad((x**3).sum(), x, create_graph=True)[0]


def fills(x):
    (x**2).sum().backward()


def keeps_its_own(x):
    x = x.detach().clone().requires_grad_(True)
    (x**2).sum().backward()
    return x.grad


# -------- functions with a backward pass of their own


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 10 * grad * x


class Raises(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        raise KeyError("nothing here")


class WrongShape(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad[:1]


def square(x):
    return Square.apply(x)


def raises_in_backward(x):
    return Raises.apply(x)


def of_a_wrong_shape(x):
    return WrongShape.apply(x)
