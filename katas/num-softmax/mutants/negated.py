"""The sign is turned, m - x instead of x - m, so the smallest entry gets the largest weight, and a
wide row overflows.

A larger entry must have a larger power: subtract m from x.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_the_last_axis_is_the_default")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits.amax(dim=dim, keepdim=True) - logits)
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
