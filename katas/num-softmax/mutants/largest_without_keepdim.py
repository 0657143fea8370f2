"""The largest entries lose their axis: a (3, 5) matrix raises an error, and from a (5, 5) matrix
the largest entries of other rows are subtracted.

Where the numbers are small this is slightly wrong or not at all, which makes it hard to find.
keepdim=True leaves an axis of size 1 in place.
"""

import torch

CAUGHT_BY = ("test_the_last_axis_is_the_default", "test_keeps_the_shape")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
