"""Random noise is added to the logits, as if to sample from them: the weights are other ones each
time.

Softmax has nothing random about it. Sampling comes after it, or in a function of its own.
"""

import torch

CAUGHT_BY = (
    "test_worked_example",
    "test_the_last_axis_is_the_default",
    "test_the_same_call_gives_the_same_answer",
)


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    logits = logits - torch.empty_like(logits).exponential_().log()
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
