"""The largest absolute value is subtracted. In a row far below 0 it has the wrong sign: instead of
moving to 0 the row moves twice as far away, all powers are 0, and 0 / 0 is NaN.

The largest entry is meant, sign and all: for (-10000, -10001) it is -10000.
"""

import torch

CAUGHT_BY = "test_an_offset_changes_nothing"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.abs().amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
