"""The largest entry is detached in the numerator and not in the denominator, so its two gradients
do not cancel and the largest entry gets one that is not its own.

Subtract the same tensor in both places: all connected or all detached.
"""

import torch

CAUGHT_BY = "test_the_gradient_reaches_x"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    largest = logits.amax(dim=dim, keepdim=True)
    total = torch.exp(logits - largest).sum(dim=dim, keepdim=True)
    return (torch.exp(logits - largest.detach()) / total).to(x.dtype)
