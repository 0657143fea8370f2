"""Softmax is applied twice, which makes the weights far too equal: the second one sees only numbers
between 0 and 1.

Once is enough. The same happens when probabilities are given to a loss that takes logits.
"""

import torch

CAUGHT_BY = ("test_worked_example", "test_the_last_axis_is_the_default")


def once(logits, dim):
    powers = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return powers / powers.sum(dim=dim, keepdim=True)


def softmax(x, dim=-1):
    logits = x.to(torch.promote_types(x.dtype, torch.float32))
    return once(once(logits, dim), dim).to(x.dtype)
