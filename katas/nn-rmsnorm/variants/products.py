"""The sum of squares as a product of the vector with itself, in float64 throughout."""

import torch


def rms_norm(x, weight, eps=1e-6):
    wide = x.double()
    total = torch.einsum("...d,...d->...", wide, wide).unsqueeze(-1)  # (..., 1)
    result = wide * weight.double() / torch.sqrt(total / len(weight) + eps)
    return result.type_as(x)
