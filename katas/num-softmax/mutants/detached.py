"""x is detached, so the weights are right and nothing in front of them ever learns.

Only the largest entry may be treated as a constant, since it cancels. Leave x itself connected.
"""

import torch

CAUGHT_BY = "test_the_gradient_reaches_x"


def softmax(x, dim=-1):
    logits = x.detach().to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
