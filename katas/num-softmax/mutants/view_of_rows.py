"""The rows are made with view, which refuses a tensor whose memory lies in another order, a
transposed one for example.

reshape copies where it must; or leave the axes where they are and use dim and keepdim.
"""

import torch

CAUGHT_BY = ("test_x_may_be_non_contiguous", "test_any_axis")


def softmax(x, dim=-1):
    moved = x.movedim(dim, -1)
    rows = moved.view(-1, moved.shape[-1]).to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(rows - rows.amax(dim=-1, keepdim=True))
    weights = (powers / powers.sum(dim=-1, keepdim=True)).to(x.dtype)
    return weights.view(moved.shape).movedim(-1, dim)
