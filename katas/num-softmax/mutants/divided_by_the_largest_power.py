"""The powers are divided by the largest of them, so the largest weight is 1 and the row sums to
more.

Divide by the sum of the powers: the weights share out exactly 1.
"""

import torch

CAUGHT_BY = "test_the_last_axis_is_the_default"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.amax(dim=dim, keepdim=True)).to(x.dtype)
