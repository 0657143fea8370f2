"""The logits are divided by the square root of the row's length, as attention does with its scores.

That scaling is part of attention and not of softmax: take exp of the differences as they are.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_the_last_axis_is_the_default")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    logits = logits / x.shape[dim] ** 0.5
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
