"""The largest entry is subtracted in place, and x.to(float32) is x itself if it is float32 already:
the caller's logits are damaged.

Write logits = logits - largest. An operator such as -= and a method whose name ends in an
underscore change the tensor that they are given.
"""

import torch

CAUGHT_BY = "test_x_stays_as_it_was"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    logits.data -= logits.data.amax(dim=dim, keepdim=True)
    powers = torch.exp(logits)
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
