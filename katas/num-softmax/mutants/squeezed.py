"""Axes of size 1 are squeezed away, so a row of one entry loses its axis.

The weights have the shape of x, whatever it is. keepdim=True needs no squeeze afterwards:
broadcasting does the rest.
"""

import torch

CAUGHT_BY = "test_no_rows_and_rows_of_one"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).squeeze().to(x.dtype)
