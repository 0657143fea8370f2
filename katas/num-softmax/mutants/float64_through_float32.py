"""Everything is computed in float32, so float64 loses half of its digits on the way.

float32 is a lower bound and not the goal: torch.promote_types(x.dtype, torch.float32) leaves
float64 alone.
"""

import torch

CAUGHT_BY = "test_float64_keeps_its_precision"


def softmax(x, dim=-1):
    logits = x.float()
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
