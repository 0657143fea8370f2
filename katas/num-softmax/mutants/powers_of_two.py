"""The powers are powers of 2 and not of e, which makes the weights too equal.

exp has the base e; to use exp2 the logits must be multiplied by log2(e) first.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_the_last_axis_is_the_default")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp2(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
