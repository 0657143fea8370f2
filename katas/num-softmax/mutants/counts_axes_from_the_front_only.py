"""A negative dim is taken for the last axis, so dim=-2 gives the softmax along another axis.

torch counts negative axes from the back by itself: pass dim on as it is.
"""

import torch

CAUGHT_BY = "test_any_axis"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    axis = dim if dim >= 0 else x.dim() - 1
    powers = torch.exp(logits - logits.amax(dim=axis, keepdim=True))
    return (powers / powers.sum(dim=axis, keepdim=True)).to(x.dtype)
