"""exp is taken of x as it comes: above 88 it overflows float32, and inf / inf is NaN; far below 0
all powers vanish, and 0 / 0 is NaN too.

Subtract the largest entry of each row first. The quotient stays the same: exp(m) stands above and
below the line and cancels.
"""

import torch

CAUGHT_BY = ("test_an_offset_changes_nothing", "test_worked_example")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits)
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
