"""The sum is treated as a constant. The values are right, but an entry of the gradient is p g
instead of p (g - sum of p g): the competition within a row is lost.

Only the largest entry cancels and may be detached. The sum depends on every entry.
"""

import torch

CAUGHT_BY = "test_the_gradient_reaches_x"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True).detach()).to(x.dtype)
