"""For float16 and bfloat16 the weights stay in float32, and what they meet next has another dtype.

Computing in float32 is right; convert the result to the dtype of x before returning it.
"""

import torch

CAUGHT_BY = ("test_seventy_thousand_equal_float16_logits", "test_half_precision_is_computed_in_float32")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return powers / powers.sum(dim=dim, keepdim=True)
