"""Only the sum is done in float32. The differences and the powers were rounded to half precision
before it, and with bfloat16's 8 bits a difference of 9 is off by up to 0.03, its power by 3
percent.

Convert x itself, first of all; round once, at the end.
"""

import torch

CAUGHT_BY = "test_half_precision_is_computed_in_float32"


def softmax(x, dim=-1):
    powers = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True, dtype=torch.promote_types(x.dtype, torch.float32))).to(
        x.dtype
    )
