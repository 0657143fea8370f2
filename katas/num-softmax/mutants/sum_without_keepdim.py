"""A reduction loses its axis, so broadcasting lines its numbers up with the last axis of x: a (3,
5) matrix raises an error, and in a (5, 5) matrix each row is silently divided by the sums of other
rows.

keepdim=True leaves an axis of size 1 in place, for the sum as for the largest entry, and every row
finds its own number.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_the_last_axis_is_the_default", "test_keeps_the_shape")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim)).to(x.dtype)
