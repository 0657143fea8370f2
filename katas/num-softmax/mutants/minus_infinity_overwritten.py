"""-inf is replaced in the caller's tensor, in place, which changes a mask that somebody else is
using.

exp(-inf) is 0 without any help; and x must stay as it was.
"""

import torch

CAUGHT_BY = ("test_minus_infinity_gets_no_weight", "test_x_stays_as_it_was")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    logits.data.nan_to_num_(neginf=-1e4)
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
