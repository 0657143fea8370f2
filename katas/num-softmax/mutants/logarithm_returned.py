"""The logarithms of the weights are returned: all negative or 0, and they do not sum to 1.

log-softmax is what a loss wants. For weights take exp of it.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_the_last_axis_is_the_default")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    shifted = logits - logits.amax(dim=dim, keepdim=True)
    return (shifted - shifted.exp().sum(dim=dim, keepdim=True).log()).to(x.dtype)
