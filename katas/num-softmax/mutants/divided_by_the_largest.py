"""The logits are divided by the largest entry of the row instead of having it subtracted. That
changes their differences, and with them the weights.

Only a sum in the exponent turns into a factor that cancels: exp(x - m) = exp(x) / exp(m).
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_the_last_axis_is_the_default")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits / logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
