"""The powers are divided by the square root of the sum of their squares: the rows have length 1 and
do not sum to 1.

Divide by the plain sum of the powers.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_the_last_axis_is_the_default")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.norm(dim=dim, keepdim=True)).to(x.dtype)
