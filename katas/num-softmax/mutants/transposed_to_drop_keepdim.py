"""Transposing makes up for the missing keepdim in a matrix, and in nothing but a matrix along its
last axis.

keepdim=True works for any number of axes and any of them.
"""

import torch

CAUGHT_BY = ("test_keeps_the_shape", "test_any_axis")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits.mT - logits.amax(dim=-1)).mT
    return (powers.mT / powers.sum(dim=-1)).mT.to(x.dtype)
