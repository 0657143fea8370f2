"""Everything in float64: a matrix takes the mean away, and the length of what is left gives the spread."""

import math

import torch


def layer_norm(x, normalized_shape, weight, bias, eps=1e-5):
    count = math.prod(normalized_shape)
    centring = torch.eye(count).double() - 1 / count  # (N, N)
    rows = x.double().flatten(-len(normalized_shape)) @ centring  # (..., N)
    rows = rows / ((rows * rows).sum(-1, keepdim=True) / count + eps) ** 0.5
    scale = torch.ones(count) if weight is None else weight.flatten()
    shift = torch.zeros(count) if bias is None else bias.flatten()
    return torch.addcmul(shift.double(), rows, scale.double()).reshape(x.shape).to(x.dtype)
