"""The sum is computed in the dtype of x. float16 ends at 65,504: 70,000 powers of 1 sum to inf, and
every weight is 0.

Convert to float32 before exp and the sum, and back to the dtype of x at the end.
"""

import torch

CAUGHT_BY = ("test_seventy_thousand_equal_float16_logits", "test_half_precision_is_computed_in_float32")


def softmax(x, dim=-1):
    powers = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return powers / powers.sum(dim=dim, keepdim=True)
