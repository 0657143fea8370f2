"""dim is ignored: the softmax always runs along the last axis.

Pass dim on wherever a row is reduced, to the largest entry and to the sum alike. -1 is only the
default.
"""

import torch

CAUGHT_BY = "test_any_axis"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=-1, keepdim=True))
    return (powers / powers.sum(dim=-1, keepdim=True)).to(x.dtype)
