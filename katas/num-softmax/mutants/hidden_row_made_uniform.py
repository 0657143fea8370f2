"""A row of nothing but -inf comes out as equal weights, since the largest entry was kept above the
smallest finite number: what was excluded gets weight after all.

Do not clip: by the definition such a row is 0 / 0, NaN.
"""

import torch

CAUGHT_BY = "test_a_row_of_minus_infinities_is_nan"


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    logits = logits.clamp(min=torch.finfo(logits.dtype).min)
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
