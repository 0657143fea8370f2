"""The weights are cached by the shape of x, so a second x of the same shape gets those of the
first.

Softmax depends on the entries: compute it anew in each call.
"""

import torch

CAUGHT_BY = (
    "test_the_same_call_gives_the_same_answer",
    "test_the_last_axis_is_the_default",
    "test_any_axis",
    "test_each_row_on_its_own",
)


cache = {}


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    if (x.shape, dim) not in cache:
        powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
        cache[x.shape, dim] = (powers / powers.sum(dim=dim, keepdim=True)).to(x.dtype)
    return cache[x.shape, dim]
