"""The smallest entry is subtracted, so every exponent is 0 or above, and a wide row overflows.

Subtract the largest entry: then every exponent is 0 or below and every power between 0 and 1.
"""

import torch

CAUGHT_BY = "test_numbers_far_apart_in_a_row"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amin(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
