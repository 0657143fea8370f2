"""The logits are clipped to [-80, 80] to keep exp from overflowing, so all that lies above or below
becomes equal.

Subtracting the largest entry keeps every difference; clipping loses them.
"""

import torch

CAUGHT_BY = ("test_an_offset_changes_nothing", "test_worked_example")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits.clamp(-80, 80))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
