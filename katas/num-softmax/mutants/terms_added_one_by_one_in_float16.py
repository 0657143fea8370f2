"""float16 powers are added up one after the other in float16. As soon as the sum is 2048 its
neighbours are 2 apart, and adding 1 changes nothing any more.

A sum of many terms needs an accumulator with more bits than its terms: float32.
"""

import torch

CAUGHT_BY = ("test_seventy_thousand_equal_float16_logits", "test_half_precision_is_computed_in_float32")


def softmax(x, dim=-1):
    powers = torch.exp(x - x.amax(dim=dim, keepdim=True))
    total = powers.cumsum(dim=dim).narrow(dim, -1, 1)
    return powers / total
