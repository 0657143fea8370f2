"""Forward in place on a copy, and the gradient written by hand: p (g - sum p g)."""

import torch


class Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        weights = x.to(torch.promote_types(x.dtype, torch.float32), copy=True)
        weights -= weights.amax(dim, keepdim=True)
        weights.exp_()
        weights /= weights.sum(dim, keepdim=True)
        ctx.dim = dim
        ctx.save_for_backward(weights)
        return weights.to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        (weights,) = ctx.saved_tensors
        slopes = weights * (grad - (weights * grad).sum(ctx.dim, keepdim=True))
        return slopes.to(grad.dtype), None


def softmax(x, dim=-1):
    return Softmax.apply(x, dim)
