"""One pass for the largest entry and the sum together, block by block.

When a block holds a larger entry than all before it, the sum so far is rescaled to the new one (Milakov and
Gimelshein 2018, algorithm 3).
"""

import torch

BLOCK = 512


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    lowest = torch.finfo(logits.dtype).min  # finite: a block of nothing but -inf adds 0 to the sum, not NaN
    largest, total = lowest, 0.0
    for block in logits.split(BLOCK, dim=dim):
        before = largest
        largest = block.amax(dim=dim, keepdim=True).clamp(min=before)
        total = total * (before - largest).exp() + (block - largest).exp().sum(dim=dim, keepdim=True)
    return ((logits - largest).exp() / total).to(x.dtype)
