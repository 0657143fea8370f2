"""The powers are divided by the sum of the whole tensor, so that all weights together sum to 1 and
not those of each row.

Give the sum the axis too, with keepdim=True, so that each row is divided by its own.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_the_last_axis_is_the_default")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum()).to(x.dtype)
