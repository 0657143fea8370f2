"""The largest entry is taken along the last axis while the sum runs along dim. That cancels no
longer: each entry of a row was divided by another power.

What is subtracted must be one number for the whole row, so the same dim belongs in both places.
"""

import torch

CAUGHT_BY = "test_any_axis"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=-1, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
