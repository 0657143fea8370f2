"""The sum loses its axis, so broadcasting lines it up with the last axis of x: a (3, 5) matrix
raises an error, and a (5, 5) matrix is silently divided by the sums of other rows.

keepdim=True leaves an axis of size 1 in place, and the division finds its row.
"""

import torch

CAUGHT_BY = ("test_the_last_axis_is_the_default", "test_keeps_the_shape")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim)).to(x.dtype)
