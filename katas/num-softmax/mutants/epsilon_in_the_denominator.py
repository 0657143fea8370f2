"""A small epsilon is added to the sum, so the weights do not sum to 1 any more.

There is nothing to guard against: the largest entry of a row contributes exp(0) = 1, so the sum is
at least 1.
"""

import torch

CAUGHT_BY = "test_float64_keeps_its_precision"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / (powers.sum(dim=dim, keepdim=True) + 1e-5)).to(x.dtype)
