"""The largest entry is added back to the logarithm of the sum before that is subtracted. Where the
entry is large it swallows the logarithm: near 10,000 float32 has steps of 0.001, near 3e38 nothing
of it is left.

Stay with the differences: (x - m) - log(sum of exp(x - m)), from left to right.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_an_offset_changes_nothing", "test_numbers_far_apart_in_a_row")


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    largest = logits.amax(dim=dim, keepdim=True)
    log_sum = largest + (logits - largest).exp().sum(dim=dim, keepdim=True).log()
    return torch.exp(logits - log_sum).to(x.dtype)
