"""The largest entry of all is asked for to see whether anything needs to be subtracted, and an
empty batch has none.

Subtract the largest entry of each row, always: no rows have no largest entries, and nothing fails.
"""

import torch

CAUGHT_BY = "test_no_rows_and_rows_of_one"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    if logits.max() > 80 or logits.min() < -80:
        logits = logits - logits.amax(dim=dim, keepdim=True)
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
