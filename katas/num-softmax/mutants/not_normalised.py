"""The powers are returned before they are divided by their sum: all positive, but they do not sum
to 1.

Divide each row by its sum, along the same axis.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_the_last_axis_is_the_default")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return powers.to(x.dtype)
