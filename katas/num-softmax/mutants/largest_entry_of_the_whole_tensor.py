"""The largest entry of the whole tensor is subtracted, so in a row far below it all powers are 0
and 0 / 0 is NaN.

Every row needs its own largest entry: reduce along dim and keep the axis.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_each_row_on_its_own")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.max())
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
