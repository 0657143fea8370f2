"""The mean of the row is subtracted instead of the largest entry. In a row that spans thousands the
largest entry is still far above 0, and exp overflows.

Only the largest entry makes sure that no exponent is above 0.
"""

import torch

CAUGHT_BY = "test_numbers_far_apart_in_a_row"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.mean(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
