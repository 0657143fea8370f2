"""The axis is moved to the end to work on it and is left there, so the weights of a square tensor
come out transposed and those of another in the wrong shape.

Move it back before returning, or use dim and keepdim and never move it.
"""

import torch

CAUGHT_BY = "test_any_axis"


def softmax(x, dim=-1):
    logits = x.movedim(dim, -1).to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=-1, keepdim=True))
    return (powers / powers.sum(dim=-1, keepdim=True)).to(x.dtype)
